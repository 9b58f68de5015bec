"""Files that are replaced whole: a reader sees the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def replace(path: Path, data: bytes) -> None:
    """Write `data` to `path`, 0600, durable before it takes the name. OSError as it comes.

    A symbolic link stays one: what it leads to is replaced.
    """
    path = Path(os.path.realpath(path))
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        part = Path(file.name)  # mkstemp makes it 0600
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
