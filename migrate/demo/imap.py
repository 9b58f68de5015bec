"""An IMAP server on 127.0.0.1 with given mail in it (extra `[demo]`), for the demo and for tests.

The server is a child process, `server.py`. Login and mail go to its standard input, so no secret
stands in the process list, and it ends when that input closes, so it can't outlive a parent that
was killed. TLS is implicit (RFC 8314 3.2) under a certificate made at each start.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from migrate.demo.mail import SampleMessage
from migrate.errors import SourceError, UsageError
from migrate.sandbox.access.keys import tls

HOST = "127.0.0.1"
SECONDS_TO_START = 30
SECONDS_TO_STOP = 5


@dataclass(frozen=True, slots=True)
class Running:
    """Where the server listens; `ca_file` (PEM) verifies its certificate."""

    host: str
    port: int
    ca_file: Path


@contextmanager
def embedded_imap(
    messages: Sequence[SampleMessage], user: str, password: str, folders: Sequence[str] = ()
) -> Iterator[Running]:
    """Serve `messages`, and `folders` even if they are empty, to one user over TLS while the
    context lasts.

    UIDs follow the order of `messages` in each folder; UIDVALIDITY is new at every start.
    UsageError `demo-needs-pymap` without the extra, SourceError `demo-imap-failed` when the
    server does not come up.
    """
    if find_spec("pymap") is None:
        raise UsageError("demo-needs-pymap")
    with TemporaryDirectory(prefix="mailhaul-demo-") as name:  # 0700
        log = Path(name, "log")
        ca_file, certificate, key = tls(Path(name), HOST)
        with log.open("wb") as stderr:
            child = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    str(Path(__file__).with_name("server.py")),
                ],  # no cwd on its path
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=os.environ | {"FQDN": "localhost"},  # else pymap asks DNS for its greeting
                start_new_session=True,  # Ctrl-C is the parent's
            )
        order = {
            "host": HOST,
            "user": user,
            "password": password,
            "certificate": [str(certificate), str(key)],
            "folders": list(folders),
            "messages": [_to_json(message) for message in messages],
        }
        try:
            yield Running(HOST, _start(child, order, ca_file, log), ca_file)
        finally:
            _stop(child)


def _start(
    child: subprocess.Popen[bytes], order: Mapping[str, object], ca_file: Path, log: Path
) -> int:
    """Hand over the order; return the port once the server has greeted over verified TLS."""
    assert child.stdin and child.stdout
    try:
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.flush()
        port = int(child.stdout.readline())
        context = ssl.create_default_context(cafile=str(ca_file))
        with (
            socket.create_connection((HOST, port), timeout=SECONDS_TO_START) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            if not connection.recv(4096).startswith(b"* OK"):
                raise OSError("no greeting")
    except (OSError, ValueError) as error:
        detail = log.read_text(errors="replace").strip().rpartition("\n")[2] or str(error)
        raise SourceError("demo-imap-failed", detail=detail) from error
    return port


def _stop(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin and child.stdout
    with suppress(OSError):  # already dead: the rest of the order had no reader
        child.stdin.close()
    try:
        child.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    child.stdout.close()


def _to_json(message: SampleMessage) -> dict[str, object]:
    return {
        "folder": message.folder,
        "raw": b64encode(message.raw).decode(),
        "flags": sorted(message.flags),
        "date": message.internal_date.isoformat(),
    }
