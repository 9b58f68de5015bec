"""`check --measure` against sandboxes that behave in every way: it finds out which."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.accounts import Account
from migrate.config import Config, load
from migrate.errors import TargetError, UsageError
from migrate.measure import Measured, measure
from migrate.measure.lab import DOMAIN, PREFIX
from migrate.measure.questions import BURST, LARGE, NEVER, QUESTIONS, QUOTA, Finding
from migrate.sandbox.assumptions import Assumptions, choices, names
from migrate.sandbox.embed import Running
from tests.functional.migration import FAST, Gmail, Migration, faults
from tests.sandboxes import running

USER = "owner@example.org"
OTHER = [
    {
        "dedupe": "content",
        "dedupe-trash": "untrash",
        "threading": "ancestors",
        "sent-draft": "refuse",
        "future-date": "now",
        "missing-message-id": "add",
        "nul": "strip",
        "bare-newlines": "crlf",
        "header-bytes": "refuse",
        "long-lines": "refuse",
        "attachments": "all",
        "classify": "on",
        "label-spaces": "collapse",
        "label-length": "100",
        "label-unit": "bytes",
        "reserved-names": "any",
        "conflict-reason": "alreadyExists",
    },
    {
        "dedupe-trash": "new",
        "nul": "refuse",
        "bare-newlines": "refuse",
        "attachments": "off",
        "label-spaces": "refuse",
        "label-length": "300",
        "label-unit": "utf-16",
        "conflict-reason": "duplicate",
    },
    {"dedupe": "off"},
]


def options(assumed: Mapping[str, str]) -> list[str]:
    return [word for name, value in assumed.items() for word in ("--assume", f"{name}={value}")]


def settings(directory: Path, sandbox: Running, scopes: str = "full") -> tuple[Config, Account]:
    """A migration whose source is never asked."""
    accounts = {("nobody@example.org", USER): "secret"}
    target = f'scopes = "{scopes}"'
    made = Migration(directory).write("imaps://127.0.0.1:1", None, sandbox, accounts, FAST, target)
    config = load(made.directory)
    return config, config.accounts[0]


def contents(gmail: Gmail) -> Any:
    messages = gmail.call("messages?includeSpamTrash=true").get("messages", [])
    return messages, [each["name"] for each in gmail.call("labels")["labels"]]


def values(measured: Measured) -> dict[str, str]:
    return {name: each.value for name, each in measured.found.items()}


def test_the_names_are_those_of_the_sandbox() -> None:
    asked = [*QUESTIONS, *LARGE, *NEVER]
    assert sorted(asked) == sorted(names())
    tried = {name: {each.get(name) for each in OTHER} for name in QUESTIONS}
    for name in QUESTIONS:
        default = getattr(Assumptions(), name.replace("-", "_"))
        assert set(choices(name)) - {default} <= tried[name], f"{name}: a value is not tried"


def test_as_assumed(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        gmail, (config, account) = Gmail(sandbox, USER), settings(tmp_path / "move", sandbox)
        before = contents(gmail)
        seen: list[str] = []
        measured = measure(config, account, asked=seen.append)
        assert contents(gmail) == before
    defaults = {name: str(getattr(Assumptions(), name.replace("-", "_"))) for name in QUESTIONS}
    assert values(measured) == defaults | {"concurrency": "0"}  # no limits with --quota off
    assert seen == list(QUESTIONS)
    assert measured.missed.keys() == {*LARGE, *QUOTA, *NEVER}


@pytest.mark.parametrize("assumed", OTHER, ids=range(len(OTHER)))
def test_every_other_value_is_found_out(tmp_path: Path, assumed: dict[str, str]) -> None:
    with running(tmp_path / "sandbox", extra=options(assumed)) as sandbox:
        gmail, (config, account) = Gmail(sandbox, USER), settings(tmp_path / "move", sandbox)
        before = contents(gmail)
        measured = measure(config, account)
        assert contents(gmail) == before
    found = values(measured)
    assert {name: found[name] for name in assumed} == assumed
    assert ("dedupe-trash" in measured.missed) == (assumed.get("dedupe") == "off")


def test_concurrency(tmp_path: Path) -> None:
    extra = ["--quota", "2026", "--assume", "concurrency=7"]
    with running(tmp_path / "sandbox", extra=extra) as sandbox:
        config, account = settings(tmp_path / "move", sandbox)
        # The first BURST open the connections; the others have to be under way at once.
        burst = list(range(BURST + 1, 2 * BURST + 1))
        faults(sandbox, {"method": "gmail.users.labels.get", "nth": burst, "delay": 2})
        measured = measure(config, account)
    assert measured.found["concurrency"].value == "7"


def test_raw_limit(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox", extra=["--assume", "raw-limit=5M"]) as sandbox:
        config, account = settings(tmp_path / "move", sandbox)
        assert measure(config, account, large=True).found["raw-limit"].value == "5M"


DRAFT = "Labels can't be applied to draft messages"


@pytest.mark.parametrize(
    "rules",
    [[], [{"method": "gmail.users.messages.batchModify", "status": 400, "message": DRAFT}]],
    ids=["at once", "one by one"],
)
def test_with_modify_the_messages_go_to_trash(
    tmp_path: Path, rules: list[dict[str, object]]
) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        gmail = Gmail(sandbox, USER)
        config, account = settings(tmp_path / "move", sandbox, "modify")
        before = contents(gmail)[1]
        faults(sandbox, *rules)
        assert measure(config, account).left is None
        messages, labels = contents(gmail)
        assert labels == before
        assert messages
        for each in messages:
            assert "TRASH" in gmail.call(f"messages/{each['id']}")["labelIds"]


def test_minimal_scopes_are_refused(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        config, account = settings(tmp_path / "move", sandbox, "minimal")
        with pytest.raises(UsageError, match="measure-needs-scopes"):
            measure(config, account)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        gmail, (config, account) = Gmail(sandbox, USER), settings(tmp_path / "move", sandbox)
        before = contents(gmail)
        fifth = {"method": "gmail.users.messages.import", "nth": 5, "status": 503, "when": "after"}
        faults(sandbox, fifth)
        with pytest.raises(TargetError):
            measure(config, account)
        assert contents(gmail) == before


def test_one_failed_call_of_a_burst_ends_it(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        gmail, (config, account) = Gmail(sandbox, USER), settings(tmp_path / "move", sandbox)
        before = contents(gmail)
        faults(sandbox, {"method": "gmail.users.labels.get", "nth": 20, "status": 500})
        with pytest.raises(TargetError):
            measure(config, account)
        assert contents(gmail) == before


@pytest.mark.parametrize(
    "method", ["gmail.users.messages.batchDelete", "gmail.users.labels.delete"]
)
def test_what_cannot_be_removed_is_told(tmp_path: Path, method: str) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        config, account = settings(tmp_path / "move", sandbox)
        faults(sandbox, {"method": method, "status": 403, "message": "No"})
        measured = measure(config, account)
        assert measured.left == "403 No"
        assert values(measured)["dedupe"] == "message-id"


def test_a_refusal_of_another_kind_is_no_finding(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        config, account = settings(tmp_path / "move", sandbox)
        for rule in (
            {"method": "gmail.users.messages.import", "nth": 8, "status": 403},
            {"method": "gmail.users.labels.list", "status": 403},
        ):
            faults(sandbox, rule)
            with pytest.raises(TargetError):
                measure(config, account)


def test_what_a_killed_run_left_behind_goes_first(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox") as sandbox:
        gmail, (config, account) = Gmail(sandbox, USER), settings(tmp_path / "move", sandbox)
        own = gmail.call("labels", "POST", {"name": "measure of my own"})
        before = contents(gmail)
        label = gmail.call("labels", "POST", {"name": f"{PREFIX}deadbeef"})["id"]
        by_hand = ["mailhaul measured by hand", "mailhaul measure my things"]
        own_labels = [gmail.call("labels", "POST", {"name": each})["id"] for each in by_hand]

        def put(head: str, *labels: str) -> str:
            raw = urlsafe_b64encode(f"{head}\r\n\r\nx".encode()).decode()
            found = gmail.call("messages", "POST", {"raw": raw, "labelIds": labels})
            return str(found["id"])

        put(f"From: mailhaul@{DOMAIN}", label)
        put(f"From: mailhaul@{DOMAIN}", label, "TRASH")
        put(f"From: a@example.com\r\nMessage-ID: <1@{DOMAIN}>", label)
        mine = {
            put("From: a@example.com", label),
            put(f'From: "mailhaul@{DOMAIN}" <a@example.com>', label),
            put(f"From: a@{DOMAIN}.example.com\r\nMessage-ID: <1@{DOMAIN}.example.com>", label),
            *(put(f"From: mailhaul@{DOMAIN}", each) for each in own_labels),
        }
        measure(config, account)
        messages, labels = contents(gmail)
        assert {each["id"] for each in messages} == mine
        assert sorted(labels) == sorted([*before[1], *by_hand])
        assert own["name"] in before[1]


def test_the_command_tells_what_is_left(imap_migration: Migration, imap_sandbox: Running) -> None:
    faults(imap_sandbox, {"method": "gmail.users.messages.batchDelete", "status": 403})
    shown = imap_migration("check", "--measure", "--yes", "--lang", "en")
    left = next(each for each in Gmail(imap_sandbox, USER).labels().values() if PREFIX in each)
    assert shown.code == 5, shown.said
    assert f'"{left[: len(PREFIX) + 8]}"' in shown.err
    assert "deleted again" not in shown.out
    assert "future-date=now" in shown.out
    faults(imap_sandbox)
    assert imap_migration("check", "--measure", "--yes", "--json").json["left"] is None


def test_the_command(imap_migration: Migration) -> None:
    refused = imap_migration("check", "--measure")
    assert (refused.code, "--yes" in refused.err) == (2, True), refused.said
    done = imap_migration("check", "--measure", "--yes", "--json")
    assert done.code == 0, done.said
    assert done.json["options"] == ["--assume", "future-date=now", "--assume", "concurrency=0"]
    assert {each["name"] for each in done.json["not_measured"]} >= {"storage-full", "quota"}
    shown = imap_migration("check", "--measure", "--yes", "--lang", "ja")
    assert "--assume future-date=now" in shown.out
    assert "テストメールとテスト用のラベルは削除しました。" in shown.out


@pytest.fixture
def imap_sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "sandbox", extra=["--assume", "future-date=now"]) as sandbox:
        yield sandbox


@pytest.fixture
def imap_migration(tmp_path: Path, imap_sandbox: Running) -> Iterator[Migration]:
    from migrate.demo.imap import embedded_imap
    from tests.functional.cli.contract import PASSWORD, USER, mail

    with embedded_imap([mail(1)], USER, PASSWORD) as imap:
        yield Migration(tmp_path / "move").write(
            f"imaps://{imap.host}:{imap.port}",
            imap.ca_file,
            imap_sandbox,
            {(USER, "owner@example.org"): PASSWORD},
            FAST,
            'scopes = "full"',
        )


def test_unknown_values_stay_out_of_the_options() -> None:
    from migrate.cli.measuring import sandbox_options

    measured = Measured(
        USER, {"conflict-reason": Finding("other", ""), "dedupe": Finding("off", "")}
    )
    assert sandbox_options(measured) == ["--assume", "dedupe=off"]
