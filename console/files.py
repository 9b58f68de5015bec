"""Files that are replaced whole: a reader sees the old one or the new one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


def replace(path: Path, data: bytes) -> None:
    """Write `data` to `path`, 0600, durable before it takes the name. OSError as it comes.

    A symbolic link stays one: what it leads to is replaced.
    """
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """As `replace`, for what is written piece by piece."""
    path = Path(os.path.realpath(path))
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        part = Path(file.name)  # mkstemp makes it 0600
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
