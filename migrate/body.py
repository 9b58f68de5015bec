"""The bytes of one fetched message, in memory or, when large, in a spool file.

Nothing here decodes or rewrites: the bytes are those of the source.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK = 256 * 1024


class Body:
    """Bytes of a message. Use as a context manager: leaving it removes the spool file."""

    def __init__(self, data: bytes | Path) -> None:
        self._data = data
        self._digest: str | None = None
        self.size = len(data) if isinstance(data, bytes) else data.stat().st_size

    def open(self) -> BinaryIO:
        """A fresh stream at the first byte."""
        return io.BytesIO(self._data) if isinstance(self._data, bytes) else self._data.open("rb")

    def start(self, size: int) -> bytes:
        """The first `size` bytes, or all."""
        if isinstance(self._data, bytes):
            return self._data[:size]
        with self.open() as stream:
            return stream.read(size)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, in pieces of at most CHUNK."""
        if isinstance(self._data, bytes):
            for at in range(start, self.size, CHUNK):
                yield self._data[at : at + CHUNK]
            return
        with self.open() as stream:
            stream.seek(start)
            while piece := stream.read(CHUNK):
                yield piece

    def spill(self, path: Path) -> None:
        """Move the bytes from memory to a file (0600) at `path`."""
        if isinstance(self._data, bytes):
            path.touch(mode=0o600)
            path.write_bytes(self._data)
            self._data = path

    @property
    def held(self) -> int:
        """Bytes that are in memory."""
        return self.size if isinstance(self._data, bytes) else 0

    def sha256(self) -> str:
        """Hex digest of all bytes; read once."""
        if self._digest is None:
            digest = hashlib.sha256()
            for piece in (self._data,) if isinstance(self._data, bytes) else self.chunks():
                digest.update(piece)
            self._digest = digest.hexdigest()
        return self._digest

    def discard(self) -> None:
        """Remove the spool file, if there is one."""
        if isinstance(self._data, Path):
            self._data.unlink(missing_ok=True)

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()
