"""Processes of their own, each to be killed, but Python and the product are loaded only once."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import mailhaul
from migrate.sandbox import __main__ as sandbox
from migrate.sandbox.server import serve

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.preload", "tests.forks", "tests.crash.killer"])


@contextmanager
def forked(target: Callable[..., object], *args: object) -> Iterator[BaseProcess]:
    """A process that does `target`; it does not outlive the block."""
    child = FORKS.Process(target=target, args=args, daemon=True)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()


def command(words: Sequence[str], cwd: Path, env: Mapping[str, str], out: Path, err: Path) -> None:
    """In such a process: be `mailhaul <words>`, which writes to these files."""
    for number, path in ((1, out), (2, err)):
        _write_to(path, number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["mailhaul", *words]
    mailhaul.app()


def serve_sandbox(words: Sequence[str], ready: Connection, complaints: Path) -> None:
    """In such a process: be `python -m migrate.sandbox <words>`."""
    os.dup2(ready.fileno(), 1)
    ready.close()
    _write_to(complaints, 2)
    try:
        serve(sandbox.options(list(words)))
    except (OSError, ValueError) as error:
        sys.exit(f"sandbox: {error}")


def _write_to(path: Path, number: int) -> None:
    with path.open("wb") as file:
        os.dup2(file.fileno(), number)
