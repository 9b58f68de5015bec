"""A migration folder, the real command as a child process, and Gmail seen from outside."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import google_auth_httplib2
import httplib2
from google.oauth2 import service_account

from migrate.sandbox.embed import Running
from tests.contracts.gmail import signer
from tests.forks import command, forked

ROOT = Path(__file__).parents[2]
SETTLE = "settle_seconds = 0.3"
PATIENCE = 120.0
"""Seconds after which a command is taken for hung."""
FAST = f"[limits]\nunits_per_minute_user = 0\n{SETTLE}\n"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @cached_property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err


def mailhaul(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """`mailhaul …` in a process of its own, without a terminal.

    In another language Python is started, too: help is in that of when its modules are loaded.
    """
    surroundings = os.environ | {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)} | dict(env or {})
    surroundings.pop("LC_ALL", None)
    begin = _started if "LANG" in (env or {}) else _forked
    return begin(words, cwd, surroundings)


def _forked(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Done:
    with TemporaryDirectory() as name:
        out, err = Path(name, "out"), Path(name, "err")
        with forked(command, words, cwd, env, out, err) as child:
            child.join(PATIENCE)
            assert child.exitcode is not None, f"{words} hangs"
        return Done(child.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


def _started(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Done:
    child = subprocess.run(
        [sys.executable, "-m", "mailhaul", *words],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Done(child.returncode, child.stdout.decode(), child.stderr.decode())


@dataclass(frozen=True)
class Migration:
    """A migration folder."""

    directory: Path

    def write(
        self,
        source_url: str,
        source_ca: Path | None,
        sandbox: Running,
        accounts: Mapping[tuple[str, str], str],
        more: str = FAST,
        target: str = "",
    ) -> Migration:
        """`accounts`: (source user, target user) → source password; `more`: further sections."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        trust = f'ca_file = "{source_ca}"\n' if source_ca else ""
        (self.directory / "migration.toml").write_text(
            f'[source]\nurl = "{source_url}"\n{trust}'
            f'[target]\napi = "{sandbox.url}"\nkey_file = "{sandbox.key_file}"\n{target}\n{more}',
            encoding="utf-8",
        )
        rows = "".join(f"{source},{to},{word}\n" for (source, to), word in accounts.items())
        csv = self.directory / "accounts.csv"
        csv.touch(mode=0o600)
        csv.write_text(f"source_user,target_user,source_password\n{rows}", encoding="utf-8")
        return self

    def __call__(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        """`mailhaul migrate <words>` in this folder."""
        return mailhaul("migrate", *words, cwd=self.directory, env=env)


@dataclass
class Gmail:
    """A mailbox of the sandbox, read with nothing but HTTP and a bearer token."""

    sandbox: Running
    user: str

    @cached_property
    def token(self) -> str:
        account = service_account.Credentials(  # type: ignore[no-untyped-call]
            *signer(self.sandbox.key_file.read_text("utf-8")),
            scopes=["https://mail.google.com/"],
            subject=self.user,
        )
        trust = self.sandbox.ca_file
        http_ = httplib2.Http(ca_certs=str(trust) if trust else None)
        account.refresh(google_auth_httplib2.Request(http_))  # type: ignore[no-untyped-call]
        return str(account.token)

    def call(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """JSON of `path` below `/gmail/v1/users/me/`."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return _http(self.sandbox, method, f"/gmail/v1/users/me/{path}", body, headers)

    def ids(self) -> Iterator[str]:
        """Every message, Spam and Trash too, page by page."""
        page = ""
        while True:
            listed = self.call(f"messages?includeSpamTrash=true&maxResults=40{page}")
            yield from (each["id"] for each in listed.get("messages", ()))
            if not (following := listed.get("nextPageToken")):
                return
            page = f"&pageToken={following}"

    def labels(self) -> dict[str, str]:
        """Id → name."""
        return {each["id"]: each["name"] for each in self.call("labels")["labels"]}

    def messages(self) -> list[Stored]:
        names = self.labels()
        return [self.message(each, names) for each in self.ids()]

    def message(self, message_id: str, names: Mapping[str, str] | None = None) -> Stored:
        names = self.labels() if names is None else names
        got = self.call(f"messages/{message_id}?format=raw")
        return Stored(
            got["id"],
            got["threadId"],
            frozenset(names[each] for each in got.get("labelIds", ())),
            int(got["internalDate"]),
            urlsafe_b64decode(got["raw"]),
        )


@dataclass(frozen=True)
class Stored:
    """A message in Gmail; `labels` by name, `date` in milliseconds."""

    id: str
    thread: str
    labels: frozenset[str]
    date: int
    raw: bytes


def stats(sandbox: Running) -> Any:
    """What the sandbox has been asked so far."""
    return _http(sandbox, "GET", "/_sandbox/stats")


def faults(sandbox: Running, *rules: Mapping[str, Any]) -> None:
    """Replace the sandbox's fault rules."""
    _http(sandbox, "PUT", "/_sandbox/faults", list(rules))


def release(sandbox: Running) -> None:
    """Let the requests go on that a rule holds."""
    _http(sandbox, "POST", "/_sandbox/release")


def uploads(sandbox: Running) -> int:
    """How many messages were sent to the sandbox, accepted or not."""
    return sum(count for name, count in stats(sandbox)["requests"].items() if _is_upload(name))


def _is_upload(method: str) -> bool:
    return method.endswith(("messages.import", "messages.insert", "drafts.create"))


def _http(
    sandbox: Running,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    connection = _connect(sandbox)
    try:
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, dict(headers or {}))
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 204), (answer.status, text)
        return json.loads(text) if text else None
    finally:
        connection.close()


def _connect(sandbox: Running) -> http.client.HTTPConnection:
    address = urlsplit(sandbox.url)
    assert address.hostname
    if sandbox.ca_file is None:
        return http.client.HTTPConnection(address.hostname, address.port)
    trust = ssl.create_default_context(cafile=str(sandbox.ca_file))
    return http.client.HTTPSConnection(address.hostname, address.port, context=trust)
