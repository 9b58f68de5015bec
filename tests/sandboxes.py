"""The sandbox in a process that is forked: a fifth of what `migrate.sandbox.embed` takes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from migrate.sandbox.access.keys import service_account, write_private
from migrate.sandbox.embed import START, STOP, Running
from tests import forks


@contextmanager
def running(
    data: Path, users: str = "*", *, key_out: Path | None = None, extra: Sequence[str] = ()
) -> Iterator[Running]:
    """As that of `migrate.sandbox.embed`."""
    account = data / "service-account.json"
    if not account.exists():
        write_private(account, _account())
    words = ["--json", "--data", str(data), "--users", users, *extra]
    words += ["--key-out", str(key_out)] if key_out else []
    listening, saying = forks.FORKS.Pipe(duplex=False)
    with TemporaryDirectory() as name, listening:
        complaints = Path(name, "err")
        with forks.forked(forks.serve_sandbox, words, saying, complaints) as child:
            saying.close()
            line = _line(listening)
            if not line:
                raise RuntimeError(f"the sandbox did not start: {complaints.read_text('utf-8')}")
            ready = json.loads(line)
            ca_file = Path(ready["ca_file"]) if ready["ca_file"] else None
            assert child.pid is not None
            yield Running(ready["url"], Path(ready["key_file"]), ca_file, child.pid)
            child.terminate()
            child.join(STOP)


@cache
def _account() -> str:
    """Of all of them. To make a key takes as long as all else until a sandbox is ready; and as
    every command checks it, it has half the bits, which is done in a tenth of the time."""
    with TemporaryDirectory() as name:
        info = service_account(Path(name))
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps(info | {"private_key": text})


def _line(pipe: Connection) -> bytes:
    """The first that is written; none if the writer ends or is silent for START seconds."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(pipe.fileno(), 4096) if pipe.poll(START) else b""
        if not piece:
            return b""
        line += piece
    return line
