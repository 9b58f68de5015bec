"""Who holds a lease: this very process, told from every other one, and whether it is gone.

A process id alone says little: it is used again, every container has a process 1, and machines
share names. So an owner is `kernel/namespace/pid/started/random`: which boot of which machine
(random/boot_id in proc(5)), which process namespace on it, the process, when it began, and a random
part. Where there is no /proc, name and hardware address stand for the machine, and the start is
unknown.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


@cache
def me() -> str:
    """The owner that this process is; another one in each child that it forks."""
    pid = os.getpid()
    return f"{_place()}/{pid}/{_started(pid)}/{secrets.token_hex(8)}"


if sys.platform != "win32":
    os.register_at_fork(after_in_child=me.cache_clear)


def gone(owner: str) -> bool:
    """Whether the process has certainly ended; False when that can't be told from here."""
    if owner.count("/") < 3:
        return False
    place, pid, started, _ = owner.rsplit("/", 3)
    if place != _place() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return started != _started(int(pid))


def _place() -> str:
    """The machine since its last start, and the process namespace."""
    with suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    return f"{socket.gethostname()}/{uuid.getnode():x}"


def _started(pid: int) -> str:
    """When the process began, in clock ticks since the machine's start (stat in proc(5));
    empty where nobody says, and for one that has ended and waits for its parent."""
    try:
        line = (_PROC / f"{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The name, in parentheses, may contain anything.
    fields = line.rpartition(b")")[2].split()
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()
