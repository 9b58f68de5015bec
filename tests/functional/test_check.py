"""`migrate check` of many accounts at once, through the real command: Dovecot with quota at the one
side, an organisation with all kinds of users at the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from console.tables import width
from migrate import preflight
from migrate.config import load
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .dovecot import Dovecot, running_dovecot
from .migration import Done, Migration, faults
from .names import running_dns

pytestmark = pytest.mark.dovecot

EXAMPLE = Path(__file__).parents[2] / "examples" / "sandbox" / "directory.toml"
QUOTA = """
mail_plugins = $mail_plugins quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=10M
}
"""
DOMAIN = "example.co.jp"
# Source user → target user, password.
ACCOUNTS = {
    "hanako": (f"hanako.sato@{DOMAIN}", "secret"),
    "taro": (f"taro.suzuki@{DOMAIN}", "secret"),
    "jiro": (f"jiro.tanaka@{DOMAIN}", "secret"),  # suspended
    "nobody": (f"nobody@{DOMAIN}", "secret"),  # no such user
    "scanner": (f"scanner@{DOMAIN}", "secret"),  # without Gmail
    "wrong": (f"info@{DOMAIN}", "wr0ng-pass"),  # an alias of hanako
}
Accounts = dict[tuple[str, str], str]
AT = datetime(2026, 1, 1, tzinfo=UTC)


def letter(size: int = 1000) -> bytes:
    head = b"From: a@example.com\r\nMessage-ID: <1@example.com>\r\n\r\n"
    return head + b"x" * (size - len(head) - 2) + b"\r\n"


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    with running_dovecot(QUOTA) as server:
        for user in ACCOUNTS:
            server.add_user(user)
            server.seed(user, "INBOX", [(letter(), (), AT)] * 3)
            server.seed(user, "仕事/見積", [(letter(2000), (), AT)])
            server.seed(user, "Old", [(letter(5000), (), AT)])
        server.seed_public("Notices", [])
        yield server


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("sandbox")
    users = ",".join(f"user{number}@{DOMAIN}" for number in range(40))
    with running(data, users, extra=["--directory", str(EXAMPLE)]) as server:
        yield server


@pytest.fixture
def migration(imap: Dovecot, sandbox: Running, tmp_path: Path) -> Migration:
    accounts = {(source, target): word for source, (target, word) in ACCOUNTS.items()}
    return _written(tmp_path, imap, sandbox, accounts)


def _written(
    at: Path, imap: Dovecot, sandbox: Running, accounts: Accounts, target: str = ""
) -> Migration:
    url = f"imaps://{imap.host}:{imap.imaps_port}"
    more = '[labels]\nexclude = ["Old"]\n'
    return Migration(at / "move").write(url, imap.ca, sandbox, accounts, more, target)


def levels(account: Any) -> dict[str, str]:
    return {each["check"]: each["level"] for each in account["checks"]}


def found(account: Any, check: str) -> Any:
    return next(each["found"] for each in account["checks"] if each["check"] == check)


def test_every_account_says_what_is_wrong_with_it(migration: Migration) -> None:
    with running_dns({DOMAIN: {"MX": ["1 smtp.google.com.", "5 mx.example.jp."]}}) as names:
        done = migration("check", "--json", "--dns", names)
    assert done.code == 5, done.said
    assert done.json["complete"] is False
    assert done.json["summary"] == {"accounts": 6, "ok": 0, "warning": 2, "error": 4}
    accounts = {each["source_user"]: each for each in done.json["accounts"]}
    fine = accounts["taro"]
    assert set(levels(fine).values()) == {"ok", "warning", "not-asked"}
    assert found(fine, "size") == {
        "messages": 4,
        "bytes": 5000,
        "all_messages": 5,
        "all_bytes": 10000,
        "how": "status-size",
    }
    assert found(fine, "source-quota") == {"used": 10 * 1024, "limit": 10 << 20}
    assert found(fine, "folders")["copied"] == found(fine, "folders")["folders"] - 1
    assert found(fine, "namespaces")["folders"] == 1
    assert found(fine, "login")["provider"] == "dovecot"
    assert found(fine, "labels") == {"now": 14, "new": 2, "after": 16}
    failing = {
        "jiro": ("user", "target-unknown-user"),
        "nobody": ("user", "target-unknown-user"),
        "scanner": ("mailbox", "target-no-mail-service"),
        "wrong": ("login", "source-login-refused"),
    }
    for user, (check, code) in failing.items():
        checks = {each["check"]: each for each in accounts[user]["checks"]}
        assert [name for name, level in levels(accounts[user]).items() if level == "error"] == [
            check
        ]
        assert checks[check]["code"] == code
        assert checks[check]["cause"]
        assert checks[check]["cure"]
    assert levels(accounts["wrong"])["folders"] == "not-asked"
    problems = {each["code"]: each["accounts"] for each in done.json["problems"]}
    assert problems["target-unknown-user"] == ["jiro", "nobody"]
    assert problems["targets-same"] == problems["mx-split"] == []
    whole = {each["check"]: each for each in done.json["checks"]}
    assert whole["mx"]["found"]["domain"] == DOMAIN
    assert whole["ledger"]["found"]["exists"] is False
    assert not (migration.directory / "state" / "ledger.db").exists()
    assert "wr0ng-pass" not in done.said


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_people_read_the_summary_then_the_cures_then_the_accounts(
    migration: Migration, lang: str
) -> None:
    done = migration("check", "--lang", lang)
    assert done.code == 5, done.said
    table = [line for line in done.out.splitlines() if line.strip()]
    assert re.search("6.*0.*2.*4", table[0])
    lines = {line.split()[1]: line for line in table[1:8]}
    assert [line.split()[1] for line in table[2:6]] == ["jiro", "nobody", "scanner", "wrong"]
    assert max(width(line) for line in table[1:8]) <= 80
    assert "5.0 kB" in lines["taro"]
    marks = re.findall(r"\[(\d)\]", lines["jiro"])
    assert [_shown(done)[each].endswith(": jiro, nobody") for each in marks] == [True, False]
    assert "wr0ng-pass" not in done.said
    first = "フォルダー" if lang == "ja" else "Folders"
    right = width(table[1][: table[1].index(first)] + first)
    assert {width(line[: line.index(" –") + 2]) for line in (lines["wrong"],)} == {right}


def _shown(done: Done) -> dict[str, str]:
    return dict(re.findall(r"^\[(\d+)\] (.*)$", done.err, re.MULTILINE))


def test_what_all_accounts_have_in_common_is_said_once(imap: Dovecot, tmp_path: Path) -> None:
    accounts = {(user, f"{user}@{DOMAIN}"): "secret" for user in ACCOUNTS}
    scope = "https://www.googleapis.com/auth/gmail.insert"
    with running(tmp_path / "strict", extra=["--authorized-scopes", scope]) as strict:
        done = _written(tmp_path, imap, strict, accounts)("check", "--lang", "en")
        client_id = json.loads(strict.key_file.read_text())["client_id"]
    assert done.code == 5, done.said
    assert len(re.findall("domainwidedelegation", done.err)) == 1
    assert client_id in done.err
    assert _shown(done)["1"] == "ERROR: all 6 accounts"


def test_the_directory_tells_why_a_user_is_refused(
    imap: Dovecot, sandbox: Running, tmp_path: Path
) -> None:
    rows = {"jiro": "jiro.tanaka", "taro": "left", "nobody": "nobody", "scanner": "scanner"}
    accounts = {(source, f"{to}@{DOMAIN}"): "secret" for source, to in rows.items()}
    accounts["hanako", f"taro.suzuki@{DOMAIN}"] = "secret"
    extra = f'directory_admin = "hanako.sato@{DOMAIN}"\nstorage_bytes = 20_000\n'
    done = _written(tmp_path, imap, sandbox, accounts, extra)("check", "--json")
    assert done.code == 5, done.said
    codes = {
        each["source_user"]: [one["code"] for one in each["checks"] if one["level"] == "error"]
        for each in done.json["accounts"]
    }
    assert codes == {
        "jiro": ["target-user-suspended"],
        "taro": ["target-user-archived"],
        "nobody": ["target-unknown-user"],
        "scanner": ["target-no-mail-service", "target-no-mailbox"],
        "hanako": [],
    }
    assert "WEB_LOGIN_REQUIRED" in done.out
    nobody = next(each for each in done.json["accounts"] if each["source_user"] == "nobody")
    told = {one["check"]: one.get("code") for one in nobody["checks"]}
    assert told["licence"] == "check-after-error", "who is not there is no refusal"
    whole = {each["check"]: each for each in done.json["checks"]}
    assert whole["storage"]["code"] == "storage-small"
    assert whole["storage"]["found"] == {"needed": 25000, "free": 20000, "accounts_unknown": 0}


@pytest.mark.parametrize(
    ("limit", "level", "code"), [(5000, "ok", ""), (4999, "warning", "storage-short")]
)
def test_drive_tells_how_much_room_there_is(
    imap: Dovecot, tmp_path: Path, limit: int, level: str, code: str
) -> None:
    hanako = f"hanako.sato@{DOMAIN}"
    one: Accounts = {("hanako", hanako): "secret"}
    with running(tmp_path / "small", extra=["--storage-limit", str(limit)]) as small:
        made = _written(tmp_path, imap, small, one, f'storage_user = "{hanako}"\n')
        config = load(made.directory)
        result = preflight.check(config, config.accounts)
    ((_, found),) = [each for each in result.project if each[0] == "storage"]
    assert (found.level, found.code) == (level, code)
    assert (found.params["needed"], found.params["free"]) == (5000, limit)


def test_a_drive_that_may_not_be_asked_is_said(imap: Dovecot, tmp_path: Path) -> None:
    hanako = f"hanako.sato@{DOMAIN}"
    one: Accounts = {("hanako", hanako): "secret"}
    gmail = "https://www.googleapis.com/auth/gmail.modify"
    with running(tmp_path / "strict", extra=["--authorized-scopes", gmail]) as strict:
        made = _written(tmp_path, imap, strict, one, f'storage_user = "{hanako}"\n')
        config = load(made.directory)
        result = preflight.check(config, config.accounts)
    ((_, found),) = [each for each in result.project if each[0] == "storage"]
    assert (found.level, found.code) == ("not-asked", "storage-closed")
    assert found.params["why"].startswith("target-unauthorized-client")
    assert result.errors == []


def test_a_directory_that_may_not_be_asked_costs_only_its_answer(
    imap: Dovecot, sandbox: Running, tmp_path: Path
) -> None:
    extra = f'directory_admin = "taro.suzuki@{DOMAIN}"\n'
    one: Accounts = {("taro", f"taro.suzuki@{DOMAIN}"): "secret"}
    done = _written(tmp_path, imap, sandbox, one, extra)("check", "--lang", "en")
    assert done.code == 0, done.said
    assert "directory-refused 403 Not Authorized" in done.out
    assert "https://www.googleapis.com/auth/admin.directory.user.readonly" in done.out


def test_what_google_says_in_other_places(imap: Dovecot, tmp_path: Path) -> None:
    """A clock that is wrong, but not yet too wrong for a token; a suspended user that the API
    refuses; a mailbox that is closed for a while."""
    closed = f"taro.suzuki@{DOMAIN}"
    rule = {"method": "gmail.users.*", "user": closed, "error": "retry-after", "retry_after": 900}
    extra = ["--directory", str(EXAMPLE), "--clock-skew=-2m", "--assume", "suspended=api"]
    with running(tmp_path / "sandbox", extra=extra) as elsewhere:
        faults(elsewhere, rule)
        accounts = {("taro", closed): "secret", ("jiro", f"jiro.tanaka@{DOMAIN}"): "secret"}
        done = _written(tmp_path, imap, elsewhere, accounts)("check", "--json")
    assert done.code == 5, done.said
    problems = {each["code"]: each for each in done.json["problems"]}
    assert problems["target-closed"]["accounts"] == ["taro"]
    assert problems["target-forbidden"]["accounts"] == ["jiro"]
    assert "suspended or archived" in problems["target-forbidden"]["cure"]
    clock = next(each for each in done.json["checks"] if each["check"] == "clock")
    assert clock["code"] == "clock-ahead"
    assert 100 <= clock["found"]["seconds"] <= 140
