"""What is in an archive: .zip, .tar, .gz, .bz2; in bounded memory, whatever the archive claims.

A broken archive raises whatever the standard library's readers raise, one with more than is looked
at raises `TooMuch`.
"""

from __future__ import annotations

import bz2
import gzip
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any, NamedTuple, cast

from migrate.message.attachments import TARS, suffix

MAX_MEMBERS = 20_000
MAX_READ = 1024 * 1024
"""Bytes read at once: also those of a .zip's directory, of which `zipfile` makes an object for each
entry, of ten times its size."""
_PIECE = 256 * 1024


class TooMuch(Exception):
    """There is more in an archive than is looked at."""


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    encrypted: bool
    open: Callable[[], IO[bytes]]


class Budget:
    """Bytes that may still be unpacked."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise TooMuch


def members(name: str, file: IO[bytes], budget: Budget) -> Iterator[Member]:
    """The files in an archive called `name`, in order; `file` can be sought."""
    kind = suffix(name)
    if kind == ".zip":
        yield from _zip(file)
    elif kind == ".tar":
        yield from _tar(file, budget)
    else:
        inner = name[: name.lower().rindex(kind)] + TARS.get(kind, "")
        unpack: Callable[..., Any] = gzip.open if kind in (".gz", ".tgz") else bz2.open
        yield Member(inner, False, partial(unpack, file))


def pieces(file: IO[bytes], budget: Budget) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        budget.spend(len(piece))
        yield piece


def _zip(file: IO[bytes]) -> Iterator[Member]:
    with zipfile.ZipFile(cast("IO[bytes]", _Wary(file))) as archive:
        for each in archive.infolist():
            # Of the other methods, bzip2 and LZMA, `zipfile` unpacks without a bound.
            plain = each.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            open_ = partial(archive.open, each) if plain else _too_much
            yield Member(each.filename, bool(each.flag_bits & 1), open_)


def _too_much() -> IO[bytes]:
    raise TooMuch


def _tar(file: IO[bytes], budget: Budget) -> Iterator[Member]:
    forward = cast("IO[bytes]", _Forward(file, budget))
    with tarfile.open(fileobj=forward, mode="r:") as archive:
        for _ in range(MAX_MEMBERS):
            each = archive.next()
            if each is None:
                return
            archive.members.clear()  # type: ignore[attr-defined]
            if each.isreg():
                open_ = cast("Callable[[], IO[bytes]]", partial(archive.extractfile, each))
                yield Member(each.name, False, open_)
    raise TooMuch


class _Wary:
    """A file for `zipfile`, which reads a directory of any size at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._file = file

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size if 0 <= size <= MAX_READ else MAX_READ + 1)
        if len(data) > MAX_READ:
            raise TooMuch
        return data


class _Forward:
    """A file for `tarfile`, which reads a member's name of any length at once, and steps back by
    one byte at most: back over what is compressed would mean to unpack it all again."""

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        self._file, self._budget = file, budget
        self._at = self._wanted = 0
        self._last = b""

    def tell(self) -> int:
        return self._wanted

    def seek(self, at: int) -> int:
        self._wanted = at
        return at

    def read(self, size: int) -> bytes:
        if size > MAX_READ or self._wanted < self._at - 1:
            raise TooMuch
        again = self._last if self._wanted < self._at else b""
        while (gap := self._wanted - self._at) > 0 and self._next(min(gap, _PIECE)):
            pass
        data = again + self._next(size - len(again)) if size else b""
        self._wanted = self._at
        return data

    def _next(self, size: int) -> bytes:
        data = self._file.read(size)
        self._budget.spend(len(data))
        self._at += len(data)
        self._last = data[-1:] or self._last
        return data
