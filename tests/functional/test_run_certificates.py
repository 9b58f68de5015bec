"""Certificates through the real command: issued, refused, checked, and made again by strangers."""

from __future__ import annotations

import hashlib
import imaplib
import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from imapclient.imap_utf7 import encode

from migrate.demo.imap import Running as Imap
from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.report.certificate import name
from migrate.report.certificate.page import RECIPE
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .memory_source import mail
from .migration import FAST, Gmail, Migration

USER, TARGET = "owner@example.jp", "owner@example.org"
HOSTILE = "<b>見積</b> =1+1"
SEEN = frozenset({"\\Seen"})
DATE = datetime(2026, 1, 1, tzinfo=UTC)
MAIL = [
    *(SampleMessage("INBOX", mail(n).raw, SEEN, DATE) for n in (1, 2, 3)),
    SampleMessage(HOSTILE, mail(2).raw, SEEN, DATE),
    SampleMessage(HOSTILE, mail(4, Date="").raw, SEEN, DATE),
    SampleMessage("INBOX", mail(5).raw, SEEN | {"\\Deleted"}, DATE),
]
REFUSED = SampleMessage("INBOX", mail(6, "Long. " * 50, From="(nobody)").raw, SEEN, DATE)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("certificates")) as child:
        yield child


@pytest.fixture(scope="module")
def imap() -> Iterator[Imap]:
    with embedded_imap([*MAIL, REFUSED], USER, "secret") as child:
        yield child


class Scene:
    def __init__(self, folder: Path, imap: Imap, sandbox: Running, target: str) -> None:
        self.migration, self.target = Migration(folder / "m"), target
        self._imap, self._sandbox = imap, sandbox
        self.gmail = Gmail(sandbox, target)
        self.write("")

    def write(self, filters: str) -> None:
        self.migration.write(
            f"imaps://{self._imap.host}:{self._imap.port}",
            self._imap.ca_file,
            self._sandbox,
            {(USER, self.target): "secret"},
            FAST + filters,
        )

    @property
    def base(self) -> Path:
        return self.migration.directory / "reports" / "certificates" / name(USER, self.target)

    def file(self, ending: str) -> Path:
        return self.base.with_name(self.base.name + ending)

    @property
    def document(self) -> Any:
        return json.loads(self.file(".json").read_bytes())

    def source(self) -> Iterator[tuple[str, int, int, bytes]]:
        """Folder, UIDVALIDITY, UID and bytes of each message, as a client of its own gets them."""
        trust = ssl.create_default_context(cafile=str(self._imap.ca_file))
        with imaplib.IMAP4_SSL(self._imap.host, self._imap.port, ssl_context=trust) as client:
            client.login(USER, "secret")
            for folder in ("INBOX", HOSTILE):
                client.select(f'"{encode(folder).decode()}"', readonly=True)
                (validity,) = client.response("UIDVALIDITY")[1]
                for part in client.fetch("1:*", "(UID BODY.PEEK[])")[1]:
                    if isinstance(part, tuple):
                        uid = re.search(rb"UID (\d+)", part[0])
                        assert uid and validity
                        yield folder, int(validity), int(uid[1]), part[1]

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.file(".jsonl").read_bytes().splitlines()]


WITHOUT = f"[filters]\nmax_size = {len(REFUSED.raw) - 100}\n"
"""Leaves out what Gmail would refuse."""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, imap: Imap, sandbox: Running) -> Scene:
    """A migration that is complete."""
    scene = Scene(tmp_path_factory.mktemp("done"), imap, sandbox, TARGET)
    scene.write(WITHOUT)
    ended = scene.migration("run")
    assert ended.code == 0, ended.said
    assert str(scene.base.parent) in ended.out
    return scene


def test_it_states_what_became_of_each_message(done: Scene) -> None:
    stated = done.document
    assert (stated["outcome"], stated["lacks"]) == ("complete", [])
    assert stated["source"].startswith("imaps://")
    assert [each["messages"] for each in stated["runs"]] == [4]
    assert stated["totals"] == {
        "source": 7,
        "imported": 4,
        "merged": 1,
        "present": 0,
        "skipped": 2,
        "quarantined": 0,
        "pending": 0,
    }
    assert {each["rule"]: each["count"] for each in stated["skips"]} == {
        "deleted": 1,
        "filter-max-size": 1,
    }
    assert [(each["field"], each["count"]) for each in stated["repairs"]] == [("Date", 1)]
    rows = done.rows()
    assert [each["folder"] for each in rows] == [HOSTILE] * 2 + ["INBOX"] * 5
    assert rows == sorted(rows, key=lambda each: (each["folder"], each["uid"]))
    copied = {each["gmail_id"]: each["sha256"] for each in rows if each["gmail_id"]}
    assert {each.id for each in done.gmail.messages()} == set(copied)
    assert set(copied.values()) == {
        hashlib.sha256(each.raw).hexdigest() for each in MAIL if "\\Deleted" not in each.flags
    }


def test_a_stranger_makes_the_hashes_again(done: Scene) -> None:
    """With nothing but the commands of the page, and with the source's bytes alone."""
    stated = done.document
    recipe = RECIPE.format(file=done.file(".jsonl").name).replace("python3", sys.executable)
    told = subprocess.run(
        ["sh", "-e", "-c", recipe], cwd=done.base.parent, capture_output=True, check=True, text=True
    ).stdout.split()
    assert (told[0], told[-1]) == (stated["messages"]["sha256"], stated["digest"]["source"])
    own = hashlib.sha256()
    unfetched = {(each["folder"], each["uid"]) for each in done.rows() if not each["sha256"]}
    assert len(unfetched) == 2
    for folder, validity, uid, raw in sorted(done.source()):
        digest = "" if (folder, uid) in unfetched else hashlib.sha256(raw).hexdigest()
        own.update(f"{folder}\0{validity}\0{uid}\0{digest}\n".encode())
    assert own.hexdigest() == stated["digest"]["source"]


def test_the_page_pins_the_document_and_escapes_names(done: Scene) -> None:
    page = done.file(".html").read_text("utf-8")
    assert hashlib.sha256(done.file(".json").read_bytes()).hexdigest() in page
    assert done.document["digest"]["target"] in page
    assert "<b>見積" not in page
    assert "Certificate of completeness" in page
    assert oct(done.base.parent.stat().st_mode)[-3:] == "700"
    assert {oct(done.file(each).stat().st_mode)[-3:] for each in (".html", ".jsonl")} == {"600"}


def test_a_run_without_news_leaves_it_and_a_verification_is_added(done: Scene) -> None:
    before = done.file(".json").stat()
    assert done.migration("run").code == 0
    assert done.file(".json").stat().st_mtime_ns == before.st_mtime_ns
    assert done.document["verification"] is None
    assert done.migration("verify", "--deep").code == 0
    stated = done.document
    assert stated["outcome"] == "complete"
    assert stated["verification"] == stated["deep_verification"]
    assert (stated["verification"]["deep"], stated["verification"]["checked"]) == (True, 5)
    japanese = done.migration("report", "--certificates", "--lang", "ja")
    assert japanese.code == 0, japanese.said
    page = done.file(".html").read_text("utf-8")
    assert "移行完了証明書" in page
    assert "全バイト" in page


def test_it_is_checked_against_the_ledger(done: Scene) -> None:
    agrees = done.migration("report", "--check-certificate", str(done.file(".html")))
    assert agrees.code == 0, agrees.said
    kept = {each: done.file(each).read_bytes() for each in (".json", ".jsonl")}
    try:
        stated = done.document
        stated["totals"]["imported"] += 1
        stated["digest"]["target"] = "0" * 64
        done.file(".json").write_text(json.dumps(stated), "utf-8")
        done.file(".jsonl").write_bytes(kept[".jsonl"].replace(b'"INBOX"', b'"INB0X"', 1))
        differs = done.migration("report", "--check-certificate", str(done.file(".json")), "--json")
        found = {(each["what"], each["folder"]) for each in differs.json["differences"]}
        assert (differs.code, differs.json["agrees"]) == (3, False)
        assert found == {
            ("count", "imported"),
            ("digest", "target"),
            ("file", done.file(".jsonl").name),
            ("file", done.file(".html").name),
        }
    finally:
        for ending, data in kept.items():
            done.file(ending).write_bytes(data)


def test_what_is_in_quarantine_is_an_exception_and_what_is_pending_no_certificate(
    tmp_path: Path, imap: Imap, sandbox: Running
) -> None:
    scene = Scene(tmp_path, imap, sandbox, "other@example.org")
    assert scene.migration("run", "--limit", "2").code == 4
    assert not scene.file(".json").exists()
    assert scene.migration("report", "--certificates").code == 4
    assert scene.document["outcome"] == "incomplete"
    assert {each["what"] for each in scene.document["lacks"]} == {"pending", "unfinished"}
    page = scene.file(".html").read_text("utf-8")
    assert "this is no certificate" in page
    assert "Certificate of completeness" not in page
    checked = scene.migration("report", "--check-certificate", str(scene.file(".json")), "--json")
    assert (checked.code, checked.json["agrees"], checked.json["outcome"]) == (
        4,
        True,
        "incomplete",
    )
    assert scene.migration("run").code == 3
    stated = scene.document
    assert (stated["outcome"], stated["totals"]["quarantined"]) == ("exceptions", 1)
    assert [(each["code"], each["count"]) for each in stated["quarantine"]] == [
        ("gmail-from-invalid", 1)
    ]
    (row,) = [each for each in scene.rows() if each["class"] == "quarantined"]
    assert row["sha256"] == hashlib.sha256(REFUSED.raw).hexdigest()
    undone = scene.migration("undo", "last")
    assert undone.code == 0, undone.said
    assert scene.document["outcome"] == "incomplete", "an undo takes the certificate back"
