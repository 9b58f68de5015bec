"""Cyrus and Courier from unpacked Debian packages: own configuration, free ports on 127.0.0.1.

`unpack_servers.sh` fetches them. Neither has TLS here; passwords are not looked at.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from migrate.source.login import Login

from .dovecot import free_port

TREE = Path(__file__).parents[2] / ".servers" / "tree"
CYRUS = Path("usr/lib/cyrus/bin")
COURIER = Path("usr/bin/imapd")

_IMAPD_CONF = """
configdirectory: {root}/conf
partition-default: {root}/spool
defaultpartition: default
admins: cyrus
cyrus_user: {user}
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {root}/auth
sasl_mech_list: PLAIN
allowplaintext: yes
unixhierarchysep: no
altnamespace: no
idlesocket: {root}/idle
notifysocket: {root}/notify
lmtpsocket: {root}/lmtp
"""
_CYRUS_CONF = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -r -C {root}/imapd.conf"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {root}/imapd.conf" listen="127.0.0.1:{port}" prefork=1
}}
EVENTS {{
}}
"""
_COURIER_OFFERS = b"IMAP4rev1 UIDPLUS CHILDREN NAMESPACE SORT QUOTA AUTH=PLAIN SASL-IR"


@dataclass(frozen=True)
class Server:
    """A running server."""

    root: Path
    port: int

    host = "127.0.0.1"

    def login(self, user: str) -> Login:
        return Login(self.host, self.port, "insecure-plaintext", user, "secret")


def available() -> bool:
    return (TREE.parent / "done").is_file()


def _environment(tree: Path) -> dict[str, str]:
    places = [tree / "usr/lib", *tree.glob("usr/lib/*-linux-gnu"), *tree.glob("lib/*-linux-gnu")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, places))}


@contextmanager
def running_cyrus() -> Iterator[Server]:
    """As root it runs as `nobody`, who must be able to read everything."""
    root = Path(tempfile.mkdtemp(prefix="cyrus-"))
    root.chmod(0o755)
    for each in ("lib", "usr/lib"):
        shutil.copytree(TREE / each, root / "tree" / each, symlinks=True)
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    server = Server(root, free_port())
    places = {"root": root, "bin": root / "tree" / CYRUS, "port": server.port, "user": user}
    (root / "imapd.conf").write_text(_IMAPD_CONF.format(**places))
    (root / "cyrus.conf").write_text(_CYRUS_CONF.format(**places))
    for each in ("conf", "spool"):
        (root / each).mkdir()
    if os.geteuid() == 0:
        for path in (root, root / "conf", root / "spool"):
            shutil.chown(path, "nobody")
    command = [root / "tree" / CYRUS / "master", "-C", root / "imapd.conf"]
    command += ["-M", root / "cyrus.conf", "-p", root / "pid"]
    log = (root / "log").open("wb")
    with _yes_to_all(root / "auth"), log:
        process = subprocess.Popen(
            [str(word) for word in command],
            env=_environment(root / "tree"),
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(server)
            yield server
        finally:
            # The master does not always take its children along.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            shutil.rmtree(root, ignore_errors=True)


def _wait(server: Server) -> None:
    for _ in range(500):
        with suppress(OSError), socket.create_connection((server.host, server.port), 5) as probe:
            if probe.recv(4) == b"* OK":
                return
        time.sleep(0.02)
    raise RuntimeError(f"no greeting: {(server.root / 'log').read_text()}")


@contextmanager
def _yes_to_all(path: Path) -> Iterator[None]:
    """saslauthd, as far as a test needs it: four counted strings in, `OK` out."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o777)
    listener.listen()

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as stream:
                    for _ in range(4):
                        stream.read(struct.unpack(">H", stream.read(2))[0])
                    connection.sendall(struct.pack(">H", 2) + b"OK")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextmanager
def running_courier(root: Path) -> Iterator[Server]:
    """Courier's imapd on the Maildir `root/USER`, behind a greeting and a login of ours."""
    listener = socket.create_server(("127.0.0.1", 0))
    # Without the file watcher that it was built with, imapd waits for it again and again.
    environment = _environment(TREE) | {
        "AUTHENTICATED": "user",
        "GAM_CLIENT_ID": root.name,
        "IMAP_CAPABILITY": _COURIER_OFFERS.decode(),
    }
    watcher = [str(TREE / "usr/libexec/gam_server"), "--notimeout", root.name]
    children = [subprocess.Popen(watcher, env=environment)]

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    children.extend(_courier(connection, root, environment))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Server(root, listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for child in children:
            child.terminate()
            child.wait()


def _courier(
    connection: socket.socket, root: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Once the client has logged in, its connection is Courier's; nothing if it never does."""
    connection.sendall(b"* OK [CAPABILITY %s] Courier-IMAP ready.\r\n" % _COURIER_OFFERS)
    while True:
        line = b""
        while not line.endswith(b"\n"):
            byte = connection.recv(1)
            if not byte:
                return
            line += byte
        tag, command, *_ = line.split()
        if command.upper() == b"CAPABILITY":
            connection.sendall(b"* CAPABILITY %s\r\n" % _COURIER_OFFERS)
        connection.sendall(tag + b" OK done\r\n")
        if command.upper() in (b"AUTHENTICATE", b"LOGIN"):
            break
    yield subprocess.Popen(
        [str(TREE / COURIER), "Maildir"],
        cwd=root,
        env=environment,
        stdin=connection.fileno(),
        stdout=connection.fileno(),
        stderr=subprocess.DEVNULL,
    )
