"""What is in an archive: .zip, .tar, .gz, .bz2; in bounded memory, whatever the archive claims.

Broken archives raise whatever the standard library's readers raise.
"""

from __future__ import annotations

import bz2
import gzip
import struct
import tarfile
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BufferedReader, BytesIO, RawIOBase
from itertools import islice
from typing import IO, Any, NamedTuple, cast

PIECE = 64 * 1024
ZIP_END = 1024 * 1024
"""Bytes at the end of a .zip that are looked at; its directory is there."""
MAX_DIRECTORY = 256 * 1024
MAX_MEMBERS = 2000
MAX_SIZE = 256 * 1024 * 1024
"""What a member of a .tar may claim: `tarfile` steps over it in small reads, also past the end."""
SHORT = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar"}
SUFFIXES = frozenset({".zip", ".tar", ".gz", ".bz2", *SHORT})


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    encrypted: bool
    open: Callable[[], IO[bytes]]


class _Stream(RawIOBase):
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._rest = iter(pieces), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def stream(pieces: Iterable[bytes]) -> IO[bytes]:
    """A file to read of bytes that come in pieces."""
    return cast("IO[bytes]", BufferedReader(_Stream(pieces)))


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(file.read, PIECE), b"")


def suffix(name: str) -> str:
    """The last extension with its dot, in lower case; what Windows ignores at the end is cut."""
    _, dot, last = name.rstrip(" .\0").rpartition(".")
    return (dot + last).lower()


def members(name: str, file: IO[bytes]) -> Iterator[Member]:
    """The files in an archive called `name`, in order."""
    kind = suffix(name)
    if kind == ".zip":
        yield from _zip(b"".join(deque(pieces(file), ZIP_END // PIECE + 1)))
    elif kind == ".tar":
        yield from _tar(file)
    elif kind in SUFFIXES:
        inner = name[: name.lower().rindex(kind)] + SHORT.get(kind, "")
        unpack: Callable[..., Any] = gzip.open if kind in (".gz", ".tgz") else bz2.open
        yield Member(inner, False, partial(unpack, file))


def _zip(data: bytes) -> Iterator[Member]:
    # APPNOTE.TXT 4.3.16. `zipfile` makes an object of every entry before it shows the first.
    end = data.rfind(b"PK\5\6")
    zip64 = data[max(0, end - 20) : end].startswith(b"PK\6\7")
    if zip64 or struct.unpack_from("<L", data, end + 12)[0] > MAX_DIRECTORY:
        return
    archive = zipfile.ZipFile(BytesIO(data))
    for each in archive.infolist():
        # Of the other methods, bzip2 and LZMA, `zipfile` unpacks without a bound.
        plain = each.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        open_ = partial(archive.open, each) if plain else BytesIO
        yield Member(each.filename, bool(each.flag_bits & 1), open_)


def _tar(file: IO[bytes]) -> Iterator[Member]:
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for each in islice(archive, MAX_MEMBERS):
            if each.size > MAX_SIZE:
                return
            if each.isreg():
                open_: Callable[..., Any] = archive.extractfile
                yield Member(each.name, False, partial(open_, each))
