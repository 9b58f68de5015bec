"""One migration with every odd message, folder, flag and date: each comes to its stated end.

The first mailbox lies in a real Dovecot, the second in a scripted server, for what Dovecot never
serves. What must come out stands in `every_case/`, beside each message.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from .dovecot import Dovecot
from .every_case.case import HASH, Fix
from .every_case.expected import alive, ends, is_label, labels, unmarked
from .every_case.folders import REFUSED
from .every_case.outcome import is_from, states, uploaded
from .every_case.scene import LABELS, STRANGER, TARGETS, USER, Message, Moved, moved
from .migration import Gmail, Stored

pytestmark = pytest.mark.dovecot


@pytest.fixture(scope="module")
def scene(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    with moved(dovecot, tmp_path_factory.mktemp("every-case")) as found:
        yield found


def places(message: Message) -> list[tuple[str, frozenset[str]]]:
    return [place for place, _ in message.copies]


def arriving(scene: Moved, user: str) -> list[Message]:
    return [
        each
        for each in scene.messages
        if each.user == user and each.case.code is None and alive(places(each))
    ]


def test_the_mailboxes_are_worth_it(scene: Moved) -> None:
    """Else the tests below would prove little."""
    by_name = {each.case.name: each for each in scene.messages}
    assert len(by_name) == len(scene.messages) > 250
    assert len({each.wire for each in scene.messages}) == len(scene.messages)
    assert b"\0" in by_name["nul"].wire
    assert b"\x80UL" not in by_name["nul"].wire
    assert b"\r" not in by_name["bare-lf"].wire
    assert max(len(each.wire) for each in scene.messages) > 1_000_000
    assert {each.case.code for each in scene.messages} >= {
        "gmail-from-count",
        "gmail-from-invalid",
        "gmail-attachment",
        "source-no-body",
        "source-refused-message",
    }


def test_every_occurrence_has_its_end(scene: Moved) -> None:
    wrong = []
    for user in TARGETS:
        found = states(scene.migration.directory, user)
        for each in (each for each in scene.messages if each.user == user):
            got = [found.pop((place[0], uid), ("nowhere", "")) for place, uid in each.copies]
            want = ends(places(each), each.case.code)
            if sorted(got, key=str) != want:
                wrong.append((each.case.name, got, want))
        assert found == {}
    assert wrong == []


def test_the_sums_close(scene: Moved) -> None:
    document = scene.ran.json
    wanted = Counter(
        state for each in scene.messages for state, _ in ends(places(each), each.case.code)
    )
    wanted["skipped"] += 1  # in Everything, which only shows what lies in other folders
    totals = dict(document["totals"])
    assert totals.pop("source") == sum(wanted.values())
    assert {state: count for state, count in totals.items() if count} == wanted
    for account in document["accounts"]:
        assert account["error"] is None
        assert_closed(account["totals"])
        for folder in account["folders"]:
            assert_closed(folder["totals"])
    assert scene.ran.code == 3, scene.ran.said


def assert_closed(totals: dict[str, int]) -> None:
    assert totals["source"] == sum(totals.values()) - totals["source"]


@pytest.mark.parametrize("user", TARGETS)
def test_gmail_holds_exactly_what_arrives(scene: Moved, user: str) -> None:
    drafts = {each.id for each in real_drafts(scene, user)}
    left = {each.id: (each, uploaded(each.raw)) for each in scene.stored[user]}
    left = {key: pair for key, pair in left.items() if key not in drafts}
    wrong: list[object] = []
    for each in arriving(scene, user):
        wanted = labels(places(each), LABELS[user]) | each.case.also
        if wanted == {"DRAFT"}:
            continue
        repairs = {each["field"]: each["after"] for each in repaired(scene, each)}
        found = [one for one, raw in left.values() if is_from(each.wire, raw, repairs)]
        if len(found) != 1:
            wrong.append((each.case.name, "found", len(found)))
            continue
        del left[found[0].id]
        if unmarked(found[0].labels) != wanted:
            wrong.append((each.case.name, sorted(found[0].labels), sorted(wanted)))
        if not shown_right(scene, each, found[0]):
            wrong.append((each.case.name, found[0].date, each.case.shown))
    assert wrong == []
    assert [raw[:300] for _, raw in left.values()] == []


def shown_right(scene: Moved, message: Message, stored: Stored) -> bool:
    date = datetime.fromtimestamp(stored.date / 1000, UTC)
    if message.case.shown is None:
        return scene.began - timedelta(seconds=1) <= date <= datetime.now(UTC)
    return date == message.case.shown


def repaired(scene: Moved, message: Message) -> list[dict[str, Any]]:
    """What the report says of the first copy."""
    place, uid = next(each for each in message.copies if each[0] in alive([each[0]]))
    return [
        each
        for each in scene.reported.json["repairs"]
        if (each["account"], each["folder"], each["uid"]) == (message.user, place[0], uid)
    ]


def test_every_repair_is_listed_and_no_other_made(scene: Moved) -> None:
    wrong = []
    for user in TARGETS:
        for each in arriving(scene, user):
            got = {one["field"]: fix(each, one) for one in repaired(scene, each)}
            if got != each.case.fixes:
                wrong.append((each.case.name, got, each.case.fixes))
    assert wrong == []


def fix(message: Message, line: dict[str, Any]) -> Fix:
    if line["field"] == "Date":
        return Fix(parsedate_to_datetime(line["after"]).astimezone(UTC), line["why"])
    return Fix(HASH if line["after"] == message.ident else line["after"], line["why"])


def real_drafts(scene: Moved, user: str) -> list[Stored]:
    gmail = Gmail(scene.sandbox, TARGETS[user])
    listed = gmail.call("drafts?maxResults=500").get("drafts", [])
    return [gmail.message(each["message"]["id"]) for each in listed]


def test_drafts_are_real_ones(scene: Moved) -> None:
    wanted = [
        each for each in arriving(scene, USER) if {place[0] for place in places(each)} == {"Drafts"}
    ]
    found = real_drafts(scene, USER)
    assert all(one.labels == {"DRAFT"} for one in found)
    texts = [each.wire.partition(b"\r\n\r\n")[2] for each in wanted]
    assert sorted(uploaded(one.raw).partition(b"\r\n\r\n")[2] for one in found) == sorted(texts)
    assert len(wanted) == 5


def test_those_that_share_an_id_are_one_conversation(scene: Moved) -> None:
    threads = defaultdict(set)
    for each in (each for each in arriving(scene, USER) if each.case.thread):
        (one,) = [one for one in scene.stored[USER] if uploaded(one.raw) == each.wire]
        threads[each.case.thread].add(one.thread)
    assert {name: len(found) for name, found in threads.items()} == {"shared": 1}


@pytest.mark.parametrize("user", TARGETS)
def test_every_folder_has_its_label(scene: Moved, user: str) -> None:
    document = scene.planned.json
    (account,) = [each for each in document["accounts"] if each["source_user"] == user]
    listed = {each["name"]: each["label"] for each in account["folders"]}
    there = set(Gmail(scene.sandbox, TARGETS[user]).labels().values())
    why = {
        each["folder"]: each["reason"] for each in document["renames"] if each["account"] == user
    }
    wrong = []
    for folder, named in LABELS[user].items():
        label = listed.get(folder, "nowhere")
        right = label is None if named.label is None else is_label(named.label, str(label))
        if not right or why.pop(folder, None) != named.why or (label and label not in there):
            wrong.append((folder, label, named, label in there))
    assert wrong == []
    assert why == {}
    labels = [each for each in listed.values() if each]
    user_labels = [each.casefold() for each in labels if each not in ("INBOX", "SENT")]
    assert len(set(user_labels)) == len(user_labels)


def test_the_quarantine_keeps_bytes_cause_and_cure(scene: Moved) -> None:
    kept = {
        (each["account"], each["folder"], each["uid"]): each
        for each in scene.reported.json["quarantine"]
    }
    for each in scene.messages:
        for place, uid in each.copies if each.case.code else ():
            line = kept.pop((each.user, place[0], uid))
            assert line["code"] == each.case.code
            assert line["cause"]
            assert line["cure"]
            if line["code"].startswith("source-"):
                assert line["file"] is None
            else:
                file = scene.migration.directory / line["file"]
                assert file.read_bytes() == each.wire
                text = file.with_suffix(".txt").read_text()
                assert " ".join(line["cause"].split()) in " ".join(text.split())
                assert " ".join(line["cure"].split()) in " ".join(text.split())
    assert kept == {}


def test_deep_verification_finds_nothing_new(scene: Moved) -> None:
    """Beside the folders that nobody can open: the report names them."""
    closed = {
        (account["source_user"], each["name"], "source-gone")
        for account in scene.reported.json["accounts"]
        for each in account["folders"]
        if each["error"]
    }
    found = scene.verified.json["differences"]
    assert {(each["account"], each["folder"], each["what"]) for each in found} == closed
    assert len(found) == len(closed) == 3
    assert scene.verified.code == 3, scene.verified.said  # for the quarantine


def test_a_second_run_uploads_nothing(scene: Moved) -> None:
    assert scene.uploads[0] == scene.uploads[1] > 0
    assert scene.again.json["totals"] == scene.ran.json["totals"]
    assert scene.again.code == 3


def test_the_source_is_as_it_was(scene: Moved) -> None:
    assert scene.before == scene.after


def test_the_folders_that_do_not_open_are_named(scene: Moved) -> None:
    named = {
        account["source_user"]: {
            each["name"]: each["error"]["code"] for each in account["folders"] if each["error"]
        }
        for account in scene.ran.json["accounts"]
    }
    code = "source-folder-refused"
    assert named == {USER: dict.fromkeys(REFUSED, code), STRANGER: {"Broken": code}}


def test_the_deep_plan_foresees_every_end(scene: Moved) -> None:
    wanted = Counter(each.case.foreseen for each in scene.messages for _ in alive(places(each)))
    assert scene.deep.code == 3, scene.deep.said  # for the folders that do not open
    found: Counter[str] = Counter()
    for each in scene.deep.json["predicted"]:
        found[each["verdict"]] += each["count"]
    assert found == wanted
    assert scene.reported.json["surprises"] == []
    confirmed = scene.reported.json["confirmed"]
    assert all(each["agrees"] for each in confirmed)
    assert sum(each["count"] for each in confirmed) == sum(wanted.values())
