"""What the checks make of what was seen of an account, and how it is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.tables import cut, width
from migrate.cli.checked import show
from migrate.errors import DayOver, MailhaulError, Postponed, SourceError, TargetError, UsageError
from migrate.explain import meanings
from migrate.ledger.peek import Seen as Before
from migrate.preflight.document import sentences, to_json
from migrate.preflight.each import judge
from migrate.preflight.finding import Bytes, Finding, warning
from migrate.preflight.result import Checked, Result
from migrate.preflight.seen import Seen
from migrate.source import Provider
from migrate.source.surveying import Held, Quota, Usage
from migrate.texts import Texts
from migrate.unnamed import UNNAMED

from .preflights import config, seen, source, target

EN = Texts("en")
DENIED = {"client_email": "m@p", "client_id": "123", "scopes": "https://scope", "detail": "no"}


def levels(sight: Seen) -> dict[str, str]:
    return {name: found.level for name, found in judge(sight).items() if found.level != "ok"}


def with_source(
    tmp_path: Path, held: dict[str, Held], how: str = "status-size", **more: Any
) -> Seen:
    settings = config(tmp_path, more.pop("settings", ""))
    one = seen(settings)
    side = source(settings, one.account, held, how, **more)
    return seen(settings, source=side, before=None)


def test_all_is_well(tmp_path: Path) -> None:
    assert levels(seen(config(tmp_path))) == {"source-quota": "not-asked", "licence": "not-asked"}


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("source-unknown-host", "reachable"),
        ("source-unreachable", "reachable"),
        ("source-certificate", "tls"),
        ("source-no-starttls", "tls"),
        ("source-login-refused", "login"),
        ("source-grant-ended", "login"),
    ],
)
def test_how_far_it_came_at_the_source(tmp_path: Path, code: str, check: str) -> None:
    found = levels(seen(config(tmp_path), source=SourceError(code)))
    steps = ["reachable", "tls", "login"]
    wanted = dict.fromkeys(steps[steps.index(check) :], "not-asked") | {check: "error"}
    assert {each: found[each] for each in steps if each in found} == wanted
    after = ("namespaces", "folders", "size", "labels")
    assert {found[each] for each in after} == {"not-asked"}


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("target-unauthorized-client", "token"),
        ("target-clock", "token"),
        ("target-api-disabled", "token"),
        ("target-unreachable", "token"),
        ("target-unknown-user", "user"),
        ("target-forbidden", "user"),
        ("target-no-mail-service", "mailbox"),
    ],
)
def test_how_far_it_came_at_the_target(tmp_path: Path, code: str, check: str) -> None:
    found = levels(seen(config(tmp_path), target=TargetError(code)))
    assert [name for name, level in found.items() if level == "error"] == [check]
    steps = ["token", "user", "mailbox", "labels"]
    assert {found[each] for each in steps[steps.index(check) + 1 :]} == {"not-asked"}


@pytest.mark.parametrize(
    "closed",
    [
        Postponed("target-closed", until=4_000_000_000, user="user1@example.com"),
        DayOver("day-quota", until=4_000_000_000),
    ],
)
def test_a_closed_mailbox_says_until_when(tmp_path: Path, closed: Postponed) -> None:
    found = judge(seen(config(tmp_path), target=closed))["mailbox"]
    assert found.level == "error"
    assert "2096" in sentences(found, EN)[0]


def test_passwords_in_the_clear(tmp_path: Path) -> None:
    settings = config(tmp_path, source='tls = "insecure-plaintext"', scheme="imap")
    assert levels(seen(settings))["tls"] == "warning"


def test_the_size_is_of_what_is_copied_and_of_all(tmp_path: Path) -> None:
    held = {"INBOX": Held(3, 3000, 3), "Old": Held(10, 50_000, 10)}
    sight = with_source(tmp_path, held, settings='[labels]\nexclude = ["Old"]')
    assert judge(sight)["size"].params == {
        "messages": 3,
        "bytes": 3000,
        "all_messages": 13,
        "all_bytes": 53_000,
        "how": "status-size",
    }
    assert judge(sight)["folders"].params == {"folders": 2, "copied": 1}


@pytest.mark.parametrize(
    ("how", "looked_at", "before", "wanted"),
    [
        ("status-size", 9, Before(5, 1, 1, 1, 1.0), "status-size"),
        ("sample", 9, Before(5, 1, 1, 1, 1.0), "counted"),
        ("sample", 4, Before(5, 1, 1, 1, 1.0), "listed"),
        ("sample", 4, None, "sample"),
    ],
)
def test_how_the_size_is_known(
    tmp_path: Path, how: str, looked_at: int, before: Before | None, wanted: str
) -> None:
    settings = config(tmp_path)
    one = seen(settings)
    side = source(settings, one.account, {"INBOX": Held(9, 9000, looked_at)}, how)
    assert judge(seen(settings, source=side, before=before))["size"].params["how"] == wanted


def test_the_size_that_a_plan_saw_when_the_source_is_away(tmp_path: Path) -> None:
    away = SourceError("source-unreachable")
    sight = seen(config(tmp_path), source=away, before=Before(7, 700, 100, 70, 1.0))
    assert judge(sight)["size"].params["bytes"] == 700


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"unlisted": ("Work/2…",)}, "folders-unlisted"),
        ({"provider": Provider("yahoo", "Yahoo", 10_000)}, "folders-ceiling"),
    ],
)
def test_folders_that_may_be_missing(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    found = judge(with_source(tmp_path, {"INBOX": Held(10_000, 1, 1)}, **changes))["folders"]
    assert (found.level, found.code) == ("warning", code)


def test_nothing_to_copy(tmp_path: Path) -> None:
    sight = with_source(tmp_path, {"INBOX": Held(1, 1, 1)}, settings='[labels]\nexclude = ["*"]')
    assert judge(sight)["folders"].code == "folders-none"


def test_folders_of_others(tmp_path: Path) -> None:
    found = judge(with_source(tmp_path, {}, elsewhere={"shared": 2, "users": 3}))["namespaces"]
    assert (found.code, found.params["folders"]) == ("namespaces-left-out", 5)


def test_of_several_quotas_the_tightest(tmp_path: Path) -> None:
    usage = Usage({}, "status-size", (Quota(10, 1000), Quota(90, 100)))
    found = judge(with_source(tmp_path, {}, usage=usage))["source-quota"]
    assert found.params == {"used": 90, "limit": 100}


@pytest.mark.parametrize(
    ("folders", "there", "code", "new", "after"),
    [
        (2, ["INBOX"], "", 2, 3),
        (2, ["INBOX", "F0"], "", 1, 3),  # the same label, whatever the case
        (600, [], "labels-many", 600, 600),
        (9_000, [f"own{n}" for n in range(1_001)], "labels-over-limit", 9_000, 10_001),
        (9_000, [f"own{n}" for n in range(1_000)], "labels-many", 9_000, 10_000),
    ],
)
def test_room_for_labels(
    tmp_path: Path, folders: int, there: list[str], code: str, new: int, after: int
) -> None:
    settings = config(tmp_path)
    held = {f"f{n}": Held(1, 1, 1) for n in range(folders)}
    side = source(settings, seen(settings).account, held)
    found = judge(seen(settings, source=side, target=target(*there)))["labels"]
    assert (found.code, found.params["new"], found.params["after"]) == (code, new, after)


def result(*sights: Seen, project: tuple[tuple[str, Finding], ...] = ()) -> Result:
    return Result([Checked(each, judge(each)) for each in sights], project)


def test_the_same_problem_is_told_once(tmp_path: Path) -> None:
    settings = config(tmp_path)

    def refused(number: int) -> Seen:
        user = f"user{number}@example.com"
        detail = f"unauthorized_client for {user.upper()}"
        params = DENIED | {"user": user, "detail": detail}
        return seen(settings, number, target=TargetError("target-unauthorized-client", **params))

    found = result(*map(refused, range(200)))
    (problem,) = found.problems("error")
    assert len(problem.accounts) == 200
    cause, cure = sentences(problem.finding, EN)
    assert f"may not act for {UNNAMED} (unauthorized_client for {UNNAMED})" in cause
    assert "Client ID:    123" in cure
    assert len(found.errors) == 200
    (single,) = result(refused(7)).problems("error")
    assert "user7@example.com" in sentences(single.finding, EN)[0]


def test_different_answers_are_different_problems(tmp_path: Path) -> None:
    settings = config(tmp_path)
    words = ("NO wrong", "NO wrong", "NO expired")
    refusals = [SourceError("source-login-refused", host="h", user="u", answer=w) for w in words]
    sights = [seen(settings, n, source=each) for n, each in enumerate(refusals)]
    assert [len(each.accounts) for each in result(*sights).problems("error")] == [2, 1]


def test_the_name_of_an_account_is_no_part_of_a_word(tmp_path: Path) -> None:
    settings = config(tmp_path)
    words = "{0}1 but not {0}, {0}x or x-{0}@a; ({0}@example.com)"
    sights = [
        seen(settings, n, target=TargetError("target-forbidden", detail=words.format(f"user{n}")))
        for n in (1, 2)
    ]
    first, _ = result(*sights).problems("error")
    assert first.finding.params["detail"] == words.format("user1")
    own = "user{0} (user{0}@example.com)"
    alike = [
        seen(settings, n, target=TargetError("target-forbidden", detail=own.format(n)))
        for n in (1, 2)
    ]
    (both,) = result(*alike).problems("error")
    assert both.finding.params["detail"] == f"{UNNAMED} ({UNNAMED})"


def test_an_address_that_begins_with_another(tmp_path: Path) -> None:
    settings = config(tmp_path)
    sights = []
    for n in (1, 2):
        old, new = f"user{n}@example.co", f"user{n}@example.co.jp"
        one = seen(settings, n, target=TargetError("target-forbidden", detail=f"for {new}"))
        sights.append(replace(one, account=replace(one.account, source_user=old, target_user=new)))
    (both,) = result(*sights).problems("error")
    assert both.finding.params["detail"] == f"for {UNNAMED}"


def test_numbers_that_differ_become_a_range(tmp_path: Path) -> None:
    settings = config(tmp_path)
    sights = [
        Checked(each, {"labels": warning("labels-many", advised=500, new=new, after=new + 1)})
        for each, new in ((seen(settings, 1), 1200), (seen(settings, 2), 600))
    ]
    (problem,) = Result(sights, ()).problems("warning")
    assert (
        "New labels: 600–1,200. With them the mailbox will have 601–1,201"
        in sentences(problem.finding, EN)[0]
    )
    assert sentences(warning("disk-small", free=Bytes(5), needed=Bytes(1500), largest=1), EN)[
        0
    ].startswith("The disk of the migration folder has 5 B free; 1.5 kB")


def test_a_port_is_no_number(tmp_path: Path) -> None:
    error = SourceError("source-unreachable", host="h", port=10143, reason="refused")
    found = judge(seen(config(tmp_path), source=error))["reachable"]
    assert "port 10143" in sentences(found, EN)[0]


def test_a_secret_that_cannot_be_read_names_its_place(tmp_path: Path) -> None:
    error = UsageError("secret-env-missing", where="accounts.csv:3", name="P")
    found = judge(seen(config(tmp_path), source=error))["login"]
    assert sentences(found, EN)[0].startswith("accounts.csv:3: ")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_200_accounts_are_readable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: Any
) -> None:
    settings = config(tmp_path)
    closed: MailhaulError = TargetError("target-no-mail-service", detail="Mail service not enabled")
    bad = {50: closed, 150: closed}
    sights = [
        seen(settings, number, **({"target": bad[number]} if number in bad else {}))
        for number in range(200)
    ]
    long = "a-name-that-is-longer-than-any-column@of-a-table.example.jp"
    sights[3] = replace(sights[3], account=replace(sights[3].account, source_user=long))
    full = "disk", warning("disk-small", free=1, needed=2, largest=3)
    show(result(*sights, project=(full,)), "imaps://h", Texts(lang))
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert "200" in lines[0] and "198" in lines[0]
    table = lines[lines.index("") + 1 :][:201]
    assert max(map(width, table)) <= 80
    assert [line.split()[1] for line in table[1:4]] == ["user50", "user150", "user0"]
    assert table[1].endswith("[1]")
    assert cut(long, 26) in shown.out
    assert shown.err.count("[1]") == 1
    assert "user50, user150" in shown.err
    assert "[2]" in shown.err


def test_what_is_checked_stands_in_the_json(tmp_path: Path) -> None:
    error = TargetError("target-unknown-user", user="user1@example.com", detail="x")
    document = to_json(result(seen(config(tmp_path), target=error)), EN)
    told = json.loads(json.dumps(document))
    assert told["complete"] is False
    assert told["accounts"][0]["source"] == {"ok": True, "folders": 1, "provider": "dovecot"}
    assert told["accounts"][0]["target"]["error"]["code"] == "target-unknown-user"
    assert told["problems"][0] | {"cause": "", "cure": ""} == {
        "check": "user",
        "level": "error",
        "code": "target-unknown-user",
        "cause": "",
        "cure": "",
        "accounts": ["user1"],
    }


def test_what_a_check_says_can_be_explained() -> None:
    known = {each.code for each in meanings(EN)}
    assert {"labels-many", "mx-split", "clock-ahead"} <= known


def test_text_is_cut_by_columns() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("営業部長", 5) == "営業…"
