"""The sandbox as a child process, for the demo and for tests."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

START = 30.0
STOP = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    key_file: Path
    ca_file: Path | None
    """PEM to trust, when it serves TLS."""
    pid: int


@contextmanager
def running(
    data: Path, users: str = "*", *, key_out: Path | None = None, extra: Sequence[str] = ()
) -> Iterator[Running]:
    """Run a sandbox on `data` while the block runs; `extra` are more options of `serve`.

    RuntimeError with the child's own words when it does not get ready.
    """
    command = [sys.executable, "-m", "migrate.sandbox", "--json", "--data", str(data)]
    command += ["--users", users, *extra]
    command += ["--key-out", str(key_out)] if key_out else []
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints)
        try:
            assert child.stdout is not None
            ready = _ready(child.stdout)
            if ready is None:
                child.kill()
                child.wait()
                complaints.seek(0)
                raise RuntimeError(
                    "the sandbox did not start: " + complaints.read().decode("utf-8", "replace")
                )
            ca_file = Path(ready["ca_file"]) if ready["ca_file"] else None
            yield Running(str(ready["url"]), Path(str(ready["key_file"])), ca_file, child.pid)
        finally:
            _stop(child)


def _ready(stdout: IO[bytes]) -> dict[str, str | None] | None:
    """The ready line; None when the child ends or says nothing for START seconds."""
    deadline, line = time.monotonic() + START, b""
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stdout], [], [], left)[0]:
            return None
        piece = stdout.read1(4096)  # type: ignore[attr-defined]
        if not piece:
            return None
        line += piece
    answer: dict[str, str | None] = json.loads(line)
    return answer


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
