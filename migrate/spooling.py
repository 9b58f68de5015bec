"""The folder of the spool files: what killed processes left there goes, when nobody is at work.

Every process that works holds a shared lock (flock(2)) on the folder for as long as it lives; the
kernel takes it back however it ends. Who gets an exclusive one is alone, and removes what is there.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nobody can tell who is at work, so everything stays
    fcntl = None  # type: ignore[assignment]

_OURS = ("*.eml", "copy-*")
_entered: dict[tuple[int, int], int] = {}
"""Device and inode of a folder → descriptor that holds the lock, to the end of the process."""
_lock = threading.Lock()


def entered(folder: Path) -> Path:
    """`folder`, which exists, as a place for spool files of this process."""
    with _lock, suppress(OSError):  # a file system without locks
        found = folder.stat()
        key = found.st_dev, found.st_ino
        if fcntl and key not in _entered:
            _entered[key] = _locked(folder)
    return folder


def _locked(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # somebody is at work, or nobody can tell
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for pattern in _OURS:
                for left in folder.glob(pattern):
                    left.unlink(missing_ok=True)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
