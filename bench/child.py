"""A server of the benchmarks as a child process."""

from __future__ import annotations

import asyncio
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(module: str, *words: object) -> Iterator[int]:
    """`python -m bench.MODULE WORDS` until the block ends; the port, which it prints first."""
    child = subprocess.Popen(
        [sys.executable, "-m", f"bench.{module}", *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        assert select.select([child.stdout], [], [], 30)[0], f"{module} did not start"
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


async def announced(server: asyncio.Server) -> None:
    """In the child: print the port, and serve until it is ended."""
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
