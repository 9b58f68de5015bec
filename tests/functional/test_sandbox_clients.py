"""Other people's clients against the sandbox, by the very code that docs/sandbox.md shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.discovery import build

from migrate.sandbox.embed import Running
from tests.contracts.gmail import FULL, Mailbox, message
from tests.sandboxes import running

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
NODE = Path(__file__).with_name("node")
USER = "anna@example.com"
MAIL = message("From: bob@example.org", body=b"Gr\xfc\xdfe\n.\r\n\x00--\r")


def shown(language: str) -> str:
    """The code block of the guide in this language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
    return str(code)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox"), USER) as child:
        yield child


@pytest.fixture
def box(sandbox: Running) -> Iterator[Mailbox]:
    """The mailbox, empty again afterwards."""
    owner = Mailbox(sandbox.url, sandbox.key_file, USER)
    yield owner
    messages = owner.users().messages()
    for each in messages.list(userId="me", includeSpamTrash=True).execute().get("messages", []):
        messages.delete(userId="me", id=each["id"]).execute()


@pytest.fixture
def place(sandbox: Running, tmp_path: Path) -> Path:
    """A folder with the files that the guide's code names."""
    (tmp_path / "message.eml").write_bytes(MAIL)
    shutil.copy(sandbox.key_file, tmp_path / "sandbox-key.json")
    return tmp_path


def run(words: list[str], place: Path, **extra: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        words, cwd=place, env=os.environ | {"PATH": path} | extra, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def here(code: str, sandbox: Running) -> str:
    assert "http://127.0.0.1:8025" in code
    return code.replace("http://127.0.0.1:8025", sandbox.url)


def stored(box: Mailbox) -> list[bytes]:
    listed = box.users().messages().list(userId="me").execute()["messages"]
    return [box.raw(each["id"]) for each in listed]


def test_python_client(sandbox: Running, box: Mailbox, place: Path) -> None:
    (place / "client.py").write_text(here(shown("python"), sandbox))
    printed = run([sys.executable, "client.py"], place)
    assert urlsafe_b64decode(printed.strip()).endswith(b"\r\n" + MAIL)
    assert stored(box)[0].endswith(MAIL)


def test_node_client(sandbox: Running, box: Mailbox, place: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    if not (NODE / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=NODE, check=True)
    (place / "node_modules").symlink_to(NODE / "node_modules")
    (place / "client.mjs").write_text(here(shown("js"), sandbox))
    (found,) = json.loads(run(["node", "client.mjs"], place, TOKEN=box.token()))
    assert box.raw(found["id"]).endswith(MAIL)
    names = [each["name"] for each in box.users().labels().list(userId="me").execute()["labels"]]
    assert "From Node" in names


def test_curl(sandbox: Running, box: Mailbox, place: Path) -> None:
    (place / "client.sh").write_text(here(shown("sh"), sandbox))
    printed = run(["sh", "-eu", "client.sh"], place)
    assert '"INBOX"' in printed
    (only,) = stored(box)
    assert only.endswith(MAIL)


def test_an_export_through_batch_is_byte_identical(sandbox: Running, box: Mailbox) -> None:
    """The read path of a foreign tool: ids by list, `raw` of all of them through batch."""
    mails = [message(f"From: a{n}@example.com", body=bytes([n]) * n) for n in range(150)]
    sent = {box.import_(mail)["id"]: mail for mail in mails}
    client = build(
        "gmail",
        "v1",
        credentials=box.credentials((FULL,)),
        discoveryServiceUrl=f"{sandbox.url}/$discovery/rest?version=v1",
        static_discovery=False,
    )
    messages = client.users().messages()
    ids, listing = [], messages.list(userId="me", maxResults=40)
    while listing is not None:
        page = listing.execute()
        ids += [each["id"] for each in page["messages"]]
        listing = messages.list_next(listing, page)
    got: dict[str, bytes] = {}

    def take(_: str, answer: Any, error: Exception | None) -> None:
        assert error is None
        got[answer["id"]] = urlsafe_b64decode(answer["raw"])

    for start in range(0, len(ids), 100):
        batch = client.new_batch_http_request(take)
        for each in ids[start : start + 100]:
            batch.add(messages.get(userId="me", id=each, format="raw"))
        batch.execute()
    assert got.keys() == sent.keys()
    for each, mail in sent.items():
        prepended = got[each].removesuffix(mail)
        assert len(prepended) + len(mail) == len(got[each])
        assert prepended.startswith((b"Received: ", b"Delivered-To: "))
