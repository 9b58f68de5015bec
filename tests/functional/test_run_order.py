"""Conversations arrive whole, in every order, where Gmail joins an answer only to what is there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from migrate.demo.imap import Running as Imap
from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .migration import Gmail, Migration, faults, release, stats, uploads
from .state.place import UPLOADS, wait_until

USER, PASSWORD = "owner@example.jp", "secret"
START = datetime(2024, 1, 1, tzinfo=UTC)
FOLDERS = ("INBOX", "Projects/Alpha", "Sent", "Archive")
TREES, LARGEST = 14, 9
LIMITS = "[limits]\nunits_per_minute_user = 0\nslice_messages = 7\nuploads_per_user = 6\n"


def _forest(seed: int) -> tuple[list[SampleMessage], dict[str, list[str]], dict[str, datetime]]:
    """Messages in any order, folder and with any INTERNALDATE; root → all Message-IDs of its
    conversation; root → its newest date. Some roots are missing, some messages have copies."""
    chance = random.Random(seed)
    mails: list[SampleMessage] = []
    trees: dict[str, list[str]] = {}
    newest: dict[str, datetime] = {}
    for tree in range(TREES):
        known: list[tuple[str, list[str]]] = []
        for number in range(chance.randint(1, LARGEST)):
            own = f"<{tree}.{number}@example.com>"
            parent = chance.choice(known) if known else None
            references = [*parent[1], parent[0]] if parent else []
            known.append((own, references))
            when = START + timedelta(days=chance.randint(0, 700))
            answer = f"References: {' '.join(references)}\r\n" if references else ""
            raw = (
                f"From: a@example.com\r\nSubject: Tree {tree}\r\nMessage-ID: {own}\r\n"
                f"Date: {format_datetime(when)}\r\n{answer}\r\nbody {own}\r\n"
            ).encode()
            for folder in chance.sample(FOLDERS, chance.choice((1, 1, 1, 2))):
                mails.append(SampleMessage(folder, raw, frozenset(), when))
            root = known[0][0]
            trees.setdefault(root, []).append(own)
            newest[root] = max(newest.get(root, when), when)
    chance.shuffle(mails)
    return mails, trees, newest


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    extra = ["--assume", "threading=ancestors"]
    with running(tmp_path_factory.mktemp("ancestors"), extra=extra) as child:
        yield child


@pytest.fixture(scope="module", params=[1])
def forest(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[Imap, dict[str, list[str]], dict[str, datetime]]]:
    mails, trees, newest = _forest(request.param)
    with embedded_imap(mails, USER, PASSWORD) as imap:
        yield imap, trees, newest


def _migration(
    directory: Path, imap: Imap, sandbox: Running, target: str, policy: str, limits: str = LIMITS
) -> Migration:
    url = f"imaps://{imap.host}:{imap.port}"
    more = f"[policy]\n{policy}\n{limits}"
    return Migration(directory).write(url, imap.ca_file, sandbox, {(USER, target): PASSWORD}, more)


def _threads(gmail: Gmail) -> list[list[str]]:
    """The Message-IDs of each conversation, as Gmail has them."""
    found: dict[str, list[str]] = defaultdict(list)
    for gmail_id in gmail.ids():
        query = "format=metadata&metadataHeaders=Message-ID"
        one = gmail.call(f"messages/{gmail_id}?{query}")
        (header,) = one["payload"]["headers"]
        found[one["threadId"]].append(header["value"])
    return sorted(sorted(each) for each in found.values())


def _target(request: pytest.FixtureRequest) -> str:
    return "".join(each for each in request.node.name if each.isalnum()) + "@example.org"


@pytest.mark.parametrize("order", ["newest-first", "oldest-first"])
def test_threads_come_out_whole(
    tmp_path: Path,
    sandbox: Running,
    forest: tuple[Imap, dict[str, list[str]], dict[str, datetime]],
    request: pytest.FixtureRequest,
    order: str,
) -> None:
    imap, trees, _ = forest
    migration = _migration(tmp_path / "m", imap, sandbox, _target(request), f'order = "{order}"')
    assert migration("run").code == 0
    assert _threads(Gmail(sandbox, _target(request))) == sorted(map(sorted, trees.values()))


def test_a_cut_by_date_splits_no_conversation(
    tmp_path: Path,
    sandbox: Running,
    forest: tuple[Imap, dict[str, list[str]], dict[str, datetime]],
    request: pytest.FixtureRequest,
) -> None:
    imap, trees, newest = forest
    migration = _migration(tmp_path / "m", imap, sandbox, _target(request), "")
    gmail = Gmail(sandbox, _target(request))
    cut = sorted(newest.values())[TREES // 2]
    early = sorted(sorted(trees[root]) for root, at in newest.items() if at.date() >= cut.date())
    migration("plan")
    agreed = tmp_path / "agreed.json"
    agreed.write_bytes((tmp_path / "m" / "reports" / "plan.json").read_bytes())
    since = ["--since", cut.date().isoformat()]
    done = migration("run", "--plan", str(agreed), *since, "--json")
    assert done.code == 4
    assert done.json["waiting"] == done.json["totals"]["pending"] > 0
    assert _threads(gmail) == early
    told = migration("run", *since, "--lang", "en")
    assert "a run without --since brings them" in told.err
    assert migration("run", "--plan", str(agreed)).code == 0
    assert _threads(gmail) == sorted(map(sorted, trees.values()))


def test_folders_that_come_first(
    tmp_path: Path,
    sandbox: Running,
    forest: tuple[Imap, dict[str, list[str]], dict[str, datetime]],
    request: pytest.FixtureRequest,
) -> None:
    """A pilot brings conversations of these folders only, as long as there are any."""
    imap, trees, _ = forest
    policy = 'first = ["Projects/*"]'
    migration = _migration(tmp_path / "m", imap, sandbox, _target(request), policy)
    before = uploads(sandbox)
    assert migration("run", "--limit", "8").code == 4
    assert uploads(sandbox) > before
    gmail = Gmail(sandbox, _target(request))
    labelled = {
        each["threadId"]
        for name in gmail.labels().items()
        if name[1] == "Projects/Alpha"
        for each in gmail.call(f"messages?labelIds={name[0]}").get("messages", ())
    }
    threads = {gmail.call(f"messages/{each}?format=minimal")["threadId"] for each in gmail.ids()}
    # The last conversation of the pilot may have been cut before its message in that folder.
    assert labelled
    assert len(threads - labelled) <= 1
    assert migration("run").code == 0
    assert _threads(gmail) == sorted(map(sorted, trees.values()))


@pytest.mark.parametrize("when", ["before", "after"])
def test_threads_are_whole_after_a_crash(
    tmp_path: Path,
    sandbox: Running,
    forest: tuple[Imap, dict[str, list[str]], dict[str, datetime]],
    request: pytest.FixtureRequest,
    when: str,
) -> None:
    """Killed while some uploads have no answer: Gmail has them, or has not got them yet."""
    imap, trees, _ = forest
    limits = LIMITS + "settle_seconds = 0.3\n"
    migration = _migration(tmp_path / "m", imap, sandbox, _target(request), "", limits)
    held = {"method": UPLOADS, "hold": True, "when": when, "nth": [*range(15, 40)]}
    faults(sandbox, held)
    words = ("migrate", "run", "--dir", str(migration.directory))
    child = subprocess.Popen(
        [sys.executable, "-m", "mailhaul", *words],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_until(lambda: stats(sandbox)["held"] > 1, child)
    finally:
        child.kill()
        child.wait()
        faults(sandbox)
        release(sandbox)
    gmail = Gmail(sandbox, _target(request))
    assert 0 < len(list(gmail.ids())) < sum(map(len, trees.values()))
    assert migration("run").code == 0
    assert _threads(gmail) == sorted(map(sorted, trees.values()))
