"""However many threads allocate, they do so in a few places."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_SCRIPT = """
import ctypes, sys, tempfile, threading
from migrate import heap
if sys.argv[1:]:
    heap.share()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)
def work():
    together.wait()
    libc.malloc(100_000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(file.read().count(b"<heap "))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")
def test_threads_share_arenas() -> None:
    def arenas(*words: str) -> int:
        return int(subprocess.check_output([sys.executable, "-c", _SCRIPT, *words]))

    assert arenas("share") <= 2 < arenas()
