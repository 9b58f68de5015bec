"""What the C library keeps of the memory that it was given back; it is glibc's that keeps much.

It has up to eight arenas for each processor. Each keeps what was largest in it, and which thread
allocates where is chance: with a hundred threads that come and go that is tens of megabytes.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8  # malloc.h
_ARENAS = 2
"""Python allocates one thread at a time; only libcurl and SQLite also work without its lock."""


def share() -> None:
    """From now on new threads share a few arenas (mallopt(3)); elsewhere nothing happens."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
