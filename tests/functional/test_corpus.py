"""Mail that breaks parsers goes from Dovecot to Gmail through the real commands; nothing is lost.

What must come out is worked out from the mail itself (`corpus_oracle.py`), as it comes over the
wire; what did come out is read by a plain HTTP client.
"""

from __future__ import annotations

import base64
import imaplib
import os
import re
import sqlite3
import ssl
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .corpus_oracle import REFUSED_ALTHOUGH_VALID, Expected, Occurrence, expected, header
from .dovecot import Dovecot, raw_fetch
from .migration import ROOT, Done, Gmail, Migration, Stored, stats, uploads

pytestmark = pytest.mark.dovecot

OWNER = "owner@example.org"
LABELS = {"INBOX": "INBOX", "Sent": "SENT", "Projects/提案": "Projects/提案", "Lists": "Lists"}
FLAGS: Sequence[tuple[str, ...]] = ((), ("\\Seen",), ("\\Flagged",), ("\\Seen", "\\Answered"))
START = datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)


def corpus() -> list[Path]:
    """A larger corpus if there is one, else the part of it that is kept here."""
    beside = Path(os.environ.get("MAILHAUL_CORPUS") or ROOT.parent / "shared" / "corpus")
    folder = beside if beside.is_dir() else ROOT / "tests" / "data" / "corpus"
    return sorted(folder.rglob("*.eml"))


def distribution(files: Sequence[Path]) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """(folder, file, flags): all files in turn, every fifth in two folders, one twice in one."""
    folders = list(LABELS)
    for number, file in enumerate(files):
        home = folders[number % 4]
        yield home, file, FLAGS[number // 4 % 4]
        if number % 5 == 0:
            yield folders[(number + 1) % 4], file, FLAGS[number % 4]
        if number % 17 == 0:
            yield home, file, ("\\Seen",)


@dataclass
class Moved:
    """A whole migration, done once for all tests here."""

    sandbox: Running
    migration: Migration
    planned: Done
    ran: Done
    verified: Done
    again: Done
    uploads: tuple[int, int]
    """After the first run, and after the second."""
    before: dict[str, Any]
    """UIDs and flags at the source, before and after everything."""
    after: dict[str, Any]
    table: list[Expected]
    stored: list[Stored]


@pytest.fixture(scope="module")
def moved(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    user = "corpus"
    dovecot.add_user(user)
    files: dict[str, list[Path]] = defaultdict(list)
    mail: dict[str, list[tuple[bytes, tuple[str, ...], datetime]]] = defaultdict(list)
    dates = {file: START + timedelta(days=number) for number, file in enumerate(corpus())}
    for folder, file, flags in distribution(list(dates)):
        files[folder].append(file)
        # COPY keeps INTERNALDATE (RFC 9051 6.4.7), so copies share it here too.
        mail[folder].append((file.read_bytes(), flags, dates[file]))
    for folder, messages in mail.items():
        dovecot.seed(user, folder, messages)
    before = session(dovecot, user)
    data = tmp_path_factory.mktemp("corpus")
    with running(data / "sandbox", OWNER) as sandbox:
        url = f"imaps://{dovecot.host}:{dovecot.imaps_port}"
        migration = Migration(data / "move")
        migration.write(url, dovecot.ca, sandbox, {(user, OWNER): "secret"})
        now = datetime.now(UTC)
        planned = migration("plan", "--deep", "--json")
        ran = migration("run", "--json")
        first = uploads(sandbox)
        verified = migration("verify", "--deep", "--json")
        again = migration("run", "--json")
        occurrences = list(on_the_wire(dovecot, user, before, files))
        yield Moved(
            sandbox,
            migration,
            planned,
            ran,
            verified,
            again,
            (first, uploads(sandbox)),
            before,
            session(dovecot, user),
            expected(occurrences, LABELS, now),
            Gmail(sandbox, OWNER).messages(),
        )


def wire(folder: str) -> str:
    """Modified UTF-7 (RFC 3501 5.1.3) of these folders."""
    encoded = base64.b64encode("提案".encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return folder.replace("提案", f"&{encoded}-")


def session(dovecot: Dovecot, user: str) -> dict[str, Any]:
    """Folder → UID → (flags, INTERNALDATE), folders in the order of LIST."""
    context = ssl.create_default_context(cafile=str(dovecot.ca))
    names = {wire(folder): folder for folder in LABELS}
    with imaplib.IMAP4_SSL(dovecot.host, dovecot.imaps_port, ssl_context=context) as imap:
        imap.login(user, "secret")
        lines = [line for line in imap.list()[1] if isinstance(line, bytes)]
        listed = [line.split(b' "/" ')[1].decode().strip('"') for line in lines]
        seen: dict[str, Any] = {}
        for name in (each for each in listed if each in names):
            imap.select(f'"{name}"', readonly=True)
            lines = imap.uid("FETCH", "1:*", "(FLAGS INTERNALDATE)")[1]
            seen[names[name]] = dict(item(line) for line in lines if isinstance(line, bytes))
        return seen


def item(line: bytes) -> tuple[int, tuple[frozenset[str], datetime]]:
    found = re.search(rb"UID (\d+) FLAGS \(([^)]*)\) INTERNALDATE \"([^\"]+)\"", line)
    assert found, line
    flags = frozenset(found[2].decode().split()) - {"\\Recent"}
    date = datetime.strptime(found[3].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
    return int(found[1]), (flags, date)


def on_the_wire(
    dovecot: Dovecot, user: str, seen: dict[str, Any], files: dict[str, list[Path]]
) -> Iterator[Occurrence]:
    for folder, names in files.items():
        bodies = raw_fetch(
            dovecot.host, dovecot.imaps_port, dovecot.ca, user, "secret", wire(folder)
        )
        assert list(bodies) == list(range(1, len(names) + 1))
        for (uid, raw), file in zip(bodies.items(), names, strict=True):
            yield Occurrence(file.name, folder, uid, raw, *seen[folder][uid])


def test_the_corpus_is_worth_it(moved: Moved) -> None:
    """Else the tests below would prove little."""
    table = moved.table
    assert {each.refusal for each in table} >= {"gmail-from-count", "gmail-from-invalid", None}
    repairs = Counter(name for each in table for name in each.repairs)
    assert repairs["Message-ID"] >= 3
    assert repairs["Date"] >= 3
    assert any(len({one.folder for one in each.occurrences}) > 1 for each in table)
    twice = [Counter(one.folder for one in each.occurrences) for each in table]
    assert any(max(counter.values()) > 1 for counter in twice)
    assert max(Counter(message_ids(table)).values()) >= 3


def message_ids(table: Sequence[Expected]) -> list[str]:
    """Of what is imported without a repair of its id."""
    return [
        next(value for name, value in header(each.raw) if name == "message-id")
        for each in table
        if not each.refusal and "Message-ID" not in each.repairs
    ]


def test_the_plan_foresees_it(moved: Moved) -> None:
    document = moved.planned.json
    assert moved.planned.code == 0, moved.planned.said
    source = sum(len(each.occurrences) for each in moved.table)
    assert document["totals"]["source"] == document["totals"]["pending"] == source
    refused = [each["count"] for each in document["predicted"] if "from-" in each["verdict"]]
    assert sum(refused) == sum(
        one.name not in REFUSED_ALTHOUGH_VALID
        for each in moved.table
        if each.refusal
        for one in each.occurrences
    )


def test_the_deep_plan_was_right_about_every_message(moved: Moved) -> None:
    surprised = {(each["folder"], each["uid"]) for each in moved.ran.json["surprises"]}
    odd = {
        (one.folder, one.uid)
        for each in moved.table
        for one in each.occurrences
        if one.name in REFUSED_ALTHOUGH_VALID
    }
    assert surprised <= odd
    ended = sum(each["count"] for each in moved.ran.json["confirmed"])
    assert ended == moved.ran.json["totals"]["source"]


def test_every_occurrence_has_its_class(moved: Moved) -> None:
    states: dict[tuple[str, int], tuple[str, str | None]] = {}
    with closing(sqlite3.connect(moved.migration.directory / "state" / "ledger.db")) as db:
        query = "SELECT f.name, o.uid, o.state, o.reason FROM occurrence o JOIN folder f "
        for name, uid, state, reason in db.execute(query + "ON f.id = o.folder_id"):
            states[name, uid] = state, reason
    wrong = []
    for each in moved.table:
        got = sorted(str(states.pop((one.folder, one.uid))) for one in each.occurrences)
        copies = len(each.occurrences)
        want = [str(("quarantined", each.refusal))] * copies
        if each.refusal is None:
            want = [str(("imported", None))] + [str(("merged", "copy"))] * (copies - 1)
        if got != want:
            wrong.append((each.occurrences[0].name, got, want))
    assert wrong == []
    assert states == {}


def test_the_sums_are_closed(moved: Moved) -> None:
    document = moved.ran.json
    imported = sum(each.refusal is None for each in moved.table)
    refused = sum(len(each.occurrences) for each in moved.table if each.refusal)
    source = sum(len(each.occurrences) for each in moved.table)
    assert document["totals"] == {
        "source": source,
        "imported": imported,
        "merged": source - imported - refused,
        "present": 0,
        "skipped": 0,
        "quarantined": refused,
        "pending": 0,
    }
    assert moved.ran.code == 3, moved.ran.said
    for folder in document["accounts"][0]["folders"]:
        counted = sum(each["folder"] == folder["name"] for each in document["quarantine"])
        assert counted == folder["totals"]["quarantined"]


def test_gmail_holds_exactly_that(moved: Moved) -> None:
    left = list(moved.stored)
    wrong: list[object] = []
    for each in (each for each in moved.table if each.refusal is None):
        name = each.occurrences[0].name
        found = [one for one in left if each.matches(one.raw)]
        if len(found) != 1:
            wrong.append((name, "found", len(found)))
            continue
        left.remove(found[0])
        if found[0].labels != each.labels:
            wrong.append((name, found[0].labels, each.labels))
        if found[0].date != each.date * 1000:
            wrong.append((name, found[0].date, each.date * 1000))
    assert wrong == []
    assert [one.raw[:300] for one in left] == []


def test_repairs_are_recorded(moved: Moved) -> None:
    recorded = {
        (each["folder"], each["uid"], each["field"]): each["after"]
        for each in moved.ran.json["repairs"]
    }
    for each in moved.table:
        places = {(one.folder, one.uid) for one in each.occurrences}
        found = {field: value for (*place, field), value in recorded.items() if (*place,) in places}
        assert found == (each.repairs if each.refusal is None else {}), each.occurrences[0].name


def test_quarantine_keeps_the_bytes(moved: Moved) -> None:
    document = moved.ran.json
    kept = {
        (each["folder"], each["uid"]): (moved.migration.directory / each["file"]).read_bytes()
        for each in document["quarantine"]
    }
    wanted = {
        (one.folder, one.uid): one.raw
        for each in moved.table
        if each.refusal
        for one in each.occurrences
    }
    assert kept == wanted
    assert all(each["cause"] and each["cure"] for each in document["quarantine"])


def test_those_that_share_an_id_are_one_conversation(moved: Moved) -> None:
    """Both bytes survive, and the second stands beside the first if they have one subject."""
    shared = [name for name, count in Counter(message_ids(moved.table)).items() if count > 1]
    together = 0
    for ident in shared:
        threads: dict[str, set[str]] = defaultdict(set)
        for one in moved.stored:
            fields = dict(reversed(header(one.raw)))
            if fields.get("message-id") == ident:
                threads[fields.get("subject", "")].add(one.thread)
                together += 1
        assert all(len(found) == 1 for found in threads.values()), ident
    assert together == sum(
        count for count in Counter(message_ids(moved.table)).values() if count > 1
    )


def test_verification_agrees(moved: Moved) -> None:
    document = moved.verified.json
    assert document["differences"] == []
    assert document["checked"] == document["totals"]["source"]
    assert moved.verified.code == 3, moved.verified.said  # for the quarantine


def test_a_second_run_uploads_nothing(moved: Moved) -> None:
    assert moved.uploads[0] == moved.uploads[1] > 0
    assert moved.again.json["totals"] == moved.ran.json["totals"]
    assert moved.again.code == 3
    assert stats(moved.sandbox)["messages"] == len(moved.stored)


def test_the_source_is_as_it_was(moved: Moved) -> None:
    assert list(moved.before) == list(moved.after)
    assert moved.before == moved.after
    assert sum(map(len, moved.after.values())) == moved.ran.json["totals"]["source"]


def test_verification_sees_a_lost_message(moved: Moved) -> None:
    """Last here: it spoils the mailbox, behind Gmail's back: what its owner deletes is no loss."""
    with closing(sqlite3.connect(moved.sandbox.key_file.parent / "sandbox.db")) as db:
        db.execute("DELETE FROM messages WHERE id = ?", (int(moved.stored[0].id, 16),))
        db.commit()
    found = moved.migration("verify", "--json")
    assert found.code == 3
    assert {each["what"] for each in found.json["differences"]} == {"missing"}
