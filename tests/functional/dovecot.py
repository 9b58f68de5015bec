"""A real Dovecot (2.3) for tests: own configuration, own directory, free ports on 127.0.0.1.

Mail is put into the Maildirs as files, because APPEND through imaplib rewrites line ends.
`raw_fetch` is the oracle: what the server returns, read with nothing but a socket.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from imapclient.imap_utf7 import encode

from migrate.source.login import Login

from .certificate import make_certificate

BINARY = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
MASTER_USER, MASTER_PASSWORD = "admin", "master secret"
_FLAGS = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
instance_name = {root}
ssl = required
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
auth_mechanisms = plain
auth_master_user_separator = *
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 1000
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {root}/masters
  master = yes
}}
passdb {{
  driver = passwd-file
  args = {root}/users/%u
}}
userdb {{
  driver = passwd-file
  args = {root}/users/%u
  default_fields = home={root}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
  }}
  mailbox Junk {{
    special_use = \\Junk
  }}
  mailbox Trash {{
    special_use = \\Trash
  }}
  mailbox Sent {{
    special_use = \\Sent
  }}
}}
namespace public {{
  type = public
  prefix = Public/
  separator = /
  location = maildir:{root}/public
  subscriptions = no
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service anvil {{
  # No penalty for the wrong passwords of the tests.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

_UNPRIVILEGED = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service imap-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server."""

    root: Path
    imap_port: int
    """STARTTLS required."""
    imaps_port: int
    ca: Path
    uid: int
    gid: int

    host = "127.0.0.1"

    def add_user(
        self,
        user: str,
        password: str = "secret",
        *,
        prefix: str = "",
        separator: str = "/",
        store: str = "",
    ) -> None:
        """A mailbox; `prefix` (as `INBOX.`) and `separator` are those of its personal namespace.

        With a `store` (`sdbox`, `mdbox`) other than Maildir it can't be seeded by files.
        """
        secret = base64.b64encode(password.encode()).decode()
        settings = {
            "inbox/separator": separator,
            "public/separator": separator,
            "public/prefix": f"Public{separator}",
            # An empty extra field would mean "yes".
            **({"inbox/prefix": prefix} if prefix else {}),
        }
        extra = " ".join(f"userdb_namespace/{key}={value}" for key, value in settings.items())
        if store:
            extra += f" userdb_mail={store}:~/{store}"
        # A file for each user: Dovecot looks only once a second whether a file has changed.
        entry = f"{user}:{{PLAIN.b64}}{secret}:{self.uid}:{self.gid}::::{extra}\n"
        (self.root / "users" / user).write_text(entry)
        self.seed(user, "INBOX", [])  # makes a home, with any store

    def seed(
        self, user: str, folder: str, messages: Iterable[tuple[bytes, Sequence[str], datetime]]
    ) -> None:
        """Put messages (bytes, flags, INTERNALDATE) into a folder (levels parted by `/`).

        The files hold exactly these bytes; Dovecot turns a bare LF into CRLF on the wire.
        """
        self._deliver(self.maildir(user, folder), messages)

    def login(self, user: str, password: str = "secret") -> Login:
        """By implicit TLS; the same port and CA with `dataclasses.replace` for anything else."""
        return Login(self.host, self.imaps_port, "tls", user, password, ca_file=self.ca)

    def maildir(self, user: str, folder: str) -> Path:
        root = self.root / "home" / user / "Maildir"
        return root if folder == "INBOX" else root / _on_disk(folder)

    def seed_public(
        self, folder: str, messages: Iterable[tuple[bytes, Sequence[str], datetime]]
    ) -> None:
        """The same for the public namespace, which every user sees."""
        self._deliver(self.root / "public" / _on_disk(folder), messages)

    def _deliver(
        self, maildir: Path, messages: Iterable[tuple[bytes, Sequence[str], datetime]]
    ) -> None:
        for part in ("cur", "new", "tmp"):
            (maildir / part).mkdir(parents=True, exist_ok=True)
        count = len(list((maildir / "cur").iterdir()))
        for number, (data, flags, date) in enumerate(messages, count + 1):
            info = "".join(sorted(_FLAGS[flag] for flag in flags))
            path = maildir / "cur" / f"{1_000_000_000 + number}.M1P1.test:2,{info}"
            path.write_bytes(data)
            os.utime(path, (date.timestamp(), date.timestamp()))
        if os.geteuid() == 0:
            _own(self.root, maildir, self.uid, self.gid)


def _on_disk(folder: str) -> str:
    return "." + ".".join(encode(part).decode() for part in folder.split("/"))


def _own(root: Path, maildir: Path, uid: int, gid: int) -> None:
    for path in (
        *maildir.rglob("*"),
        *(p for p in (maildir, *maildir.parents) if root in p.parents),
    ):
        os.chown(path, uid, gid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_dovecot(more: str = "") -> Iterator[Dovecot]:
    """Start Dovecot as a child and stop it by its pid. As root or not. `more`: of its settings."""
    assert BINARY, "Dovecot is not installed"
    # Not below pytest's directories: those are closed to Dovecot's login user.
    root = Path(tempfile.mkdtemp(prefix="dovecot-"))
    root.chmod(0o755)
    privileged = os.geteuid() == 0
    uid, gid = (65534, 65534) if privileged else (os.geteuid(), os.getegid())
    server = Dovecot(root, free_port(), free_port(), make_certificate(root).ca, uid, gid)
    config = _CONFIG.format(root=root, imap_port=server.imap_port, imaps_port=server.imaps_port)
    config += more
    if not privileged:
        import grp
        import pwd

        names = {"user": pwd.getpwuid(uid).pw_name, "group": grp.getgrgid(gid).gr_name}
        config += _UNPRIVILEGED.format(**names)
    (root / "dovecot.conf").write_text(config)
    (root / "masters").write_text(f"{MASTER_USER}:{{PLAIN}}{MASTER_PASSWORD}\n")
    (root / "users").mkdir()
    process = subprocess.Popen([BINARY, "-F", "-c", str(root / "dovecot.conf")])
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(root)


def _wait(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        try:
            with socket.create_connection((server.host, server.imap_port), 5) as probe:
                if probe.recv(4) == b"* OK":
                    return
        except OSError:
            time.sleep(0.02)
        if process.poll() is not None:
            break
    log = server.root / "log"
    raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else 'no log'}")


def raw_fetch(
    host: str, port: int, ca: Path, user: str, password: str, folder: str
) -> dict[int, bytes]:
    """UID → message bytes of a folder (wire name), as they come from a TLS socket."""
    context = ssl.create_default_context(cafile=str(ca))
    with (
        context.wrap_socket(socket.create_connection((host, port)), server_hostname=host) as tls,
        tls.makefile("rwb") as stream,
    ):
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        stream.readline()
        commands = [
            f"a AUTHENTICATE PLAIN {plain}",
            f'b EXAMINE "{folder}"',
            "c UID FETCH 1:* (BODY.PEEK[])",
        ]
        found: dict[int, bytes] = {}
        for command in commands:
            stream.write(command.encode() + b"\r\n")
            stream.flush()
            while not (line := stream.readline()).startswith(command[:2].encode()):
                assert line, "EOF"
                if literal := re.search(rb"FETCH \(UID (\d+) BODY\[\] \{(\d+)\}\r\n$", line):
                    found[int(literal[1])] = stream.read(int(literal[2]))
                    assert stream.readline() == b")\r\n"
            assert line[2:4] == b"OK", line
        return found
