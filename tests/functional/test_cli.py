"""The command line as others script against it: files, exit codes, JSON, languages, secrets."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import termios
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.demo import imap as demo_imap
from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.sandbox.embed import Running, running

from .migration import FAST, ROOT, Done, Gmail, Migration, mailhaul, stats, uploads

pytest.importorskip("pymap")

USER, PASSWORD = "taro@example.jp", "kx7-Zq29-very-secret"
TARGETS = [f"user{number}@example.org" for number in range(30)]
CLEAN = f'[labels]\nexclude = ["Refused"]\n{FAST}'
"""Leaves out the folder whose message Gmail refuses."""
CLASSES = ("imported", "merged", "present", "skipped", "quarantined", "pending")


def mail(number: int, folder: str = "INBOX", sender: str = "From: a@example.com") -> SampleMessage:
    lines = [sender, f"Message-ID: <{number}@example.com>", f"Subject: {folder} {number}"]
    lines += ["Date: Fri, 21 Nov 2025 09:55:06 -0600", "", f"Text {number}.", ""]
    date = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return SampleMessage(folder, "\r\n".join(lines).encode(), frozenset({"\\Seen"}), date)


@pytest.fixture(scope="module")
def imap() -> Iterator[demo_imap.Running]:
    """Nine messages in INBOX, two in Projects, and one that Gmail refuses in Refused."""
    messages = [*map(mail, range(9)), mail(20, "Projects"), mail(21, "Projects")]
    messages.append(mail(30, "Refused", "To: nobody@example.com"))
    with embedded_imap(messages, USER, PASSWORD) as server:
        yield server


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox"), ",".join(TARGETS)) as server:
        yield server


@pytest.fixture(scope="module")
def targets() -> Iterator[str]:
    """Each has an empty mailbox."""
    return iter(TARGETS)


Make = Callable[..., Migration]


@pytest.fixture
def make(imap: demo_imap.Running, sandbox: Running, targets: Iterator[str], tmp_path: Path) -> Make:
    """A migration folder of one account with a mailbox of its own."""

    def made(
        more: str = CLEAN,
        *,
        password: str = PASSWORD,
        to: str | None = None,
        at: Running = sandbox,
        target: str = "",
    ) -> Migration:
        url = f"imaps://{imap.host}:{imap.port}"
        accounts = {(USER, to or next(targets)): password}
        return Migration(tmp_path / "move").write(url, imap.ca_file, at, accounts, more, target)

    return made


def user_of(migration: Migration) -> str:
    return (migration.directory / "accounts.csv").read_text().splitlines()[1].split(",")[1]


def files(migration: Migration) -> set[str]:
    here = migration.directory
    return {str(each.relative_to(here)) for each in here.rglob("*") if each.is_file()}


def check_document(document: Mapping[str, Any], command: str) -> None:
    """The keys of the contract, and closed sums on every level."""
    assert list(document)[:2] == ["schema", "command"]
    assert (document["schema"], document["command"]) == (1, command)
    assert document.keys() >= {"run", "complete", "totals", "accounts"}
    further = {
        "plan": {"predicted", "units", "seconds", "renames"},
        "verify": {"checked", "differences"},
        "report": {"repairs", "quarantine"},
    }
    assert document.keys() >= further.get(command, set())
    whole = dict.fromkeys(("source", *CLASSES), 0)
    for account in document["accounts"]:
        keys = {"source_user", "target_user", "state", "error", "totals", "folders"}
        assert account.keys() >= keys
        for folder in account["folders"]:
            assert folder.keys() >= {"name", "label", "totals"}
            assert folder["totals"]["source"] == sum(folder["totals"][each] for each in CLASSES)
        for name in whole:
            counted = sum(folder["totals"][name] for folder in account["folders"])
            assert account["totals"][name] == counted
            whole[name] += counted
    assert document["totals"] == whole


# --- before the first byte moves


def test_init_writes_both_files_once(tmp_path: Path) -> None:
    words = ("migrate", "init", "--dir", "move", "--source", "imaps://mail.example.jp")
    done = mailhaul(*words, cwd=tmp_path)
    assert done.code == 0, done.said
    written = [tmp_path / "move" / name for name in ("migration.toml", "accounts.csv")]
    for path in written:
        assert str(path.relative_to(tmp_path)) in done.out
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert tomllib.loads(written[0].read_text())["source"]["url"] == "imaps://mail.example.jp"
    written[1].write_text("mine")
    again = mailhaul(*words, cwd=tmp_path)
    assert again.code == 2
    assert written[1].read_text() == "mine"


def test_check_finds_all_well(make: Make) -> None:
    done = make()("check", "--json")
    assert (done.code, done.json["complete"]) == (0, True), done.said
    account = done.json["accounts"][0]
    assert account["source"] == {"ok": True, "folders": 3}
    assert account["target"]["ok"] is True


def test_check_tells_a_wrong_password(make: Make) -> None:
    migration = make(password="wr0ng-pass")
    done = migration("check")
    assert done.code == 5, done.said
    assert USER in done.err
    assert "What to do:" in done.err
    assert "wr0ng-pass" not in done.said
    error = migration("check", "--json").json["accounts"][0]["source"]["error"]
    assert error["code"] == "source-login-refused"
    assert error["cure"]


def test_check_tells_what_to_paste_for_unauthorized_client(make: Make, tmp_path: Path) -> None:
    insert = "https://www.googleapis.com/auth/gmail.insert"
    with running(tmp_path / "strict", extra=["--authorized-scopes", insert]) as strict:
        done = make(at=strict)("check")
        client_id = json.loads(strict.key_file.read_text())["client_id"]
    assert done.code == 5, done.said
    assert "https://admin.google.com/ac/owl/domainwidedelegation" in done.err
    assert re.search(rf"{client_id}\b", done.err)
    assert client_id.isdigit()
    assert "https://www.googleapis.com/auth/gmail.modify" in done.err


def test_check_tells_an_unknown_target_user(make: Make) -> None:
    done = make(to="nobody@example.org")("check", "--json")
    assert done.code == 5, done.said
    error = done.json["accounts"][0]["target"]["error"]
    assert error["code"] == "target-unknown-user"
    assert "nobody@example.org" in error["cause"]


def test_plan_writes_reports_and_scan_cache_only(make: Make, sandbox: Running) -> None:
    migration, before = make(), stats(sandbox)
    configured = files(migration)
    done = migration("plan", "--json")
    assert done.code == 0, done.said
    check_document(done.json, "plan")
    assert done.json["totals"] | {"source": 12, "skipped": 1, "pending": 11} == done.json["totals"]
    assert done.json["target_consulted"] is True
    assert done.json["units"] == 11 * 25
    new = files(migration) - configured
    assert all(name.startswith(("reports/plan", "state/scan-cache.db")) for name in new), new
    after = stats(sandbox)
    asked = {
        name.removeprefix("gmail.users.")
        for name, count in after["requests"].items()
        if count > before["requests"].get(name, 0)
    }
    assert asked <= {"token", "labels.list"}
    assert after["messages"] == before["messages"]
    assert "Projects" not in Gmail(sandbox, user_of(migration)).labels().values()


def test_plan_works_with_the_target_down(make: Make, sandbox: Running, tmp_path: Path) -> None:
    with running(tmp_path / "gone") as gone:
        migration = make(at=gone)
    done = migration("plan")
    assert done.code == 0, done.said
    assert "Target not consulted" in done.out
    document = migration("plan", "--json").json
    assert document["target_consulted"] is False
    assert document["totals"]["pending"] == 11


def test_dry_run_is_plan(make: Make, sandbox: Running) -> None:
    migration = make()
    planned, dry = migration("plan", "--json"), migration("run", "--dry-run", "--json")
    assert (planned.code, dry.code) == (0, 0), dry.said
    assert planned.json | {"created": ""} == dry.json | {"created": ""}
    assert "state/ledger.db" not in files(migration)
    assert list(Gmail(sandbox, user_of(migration)).ids()) == []


def test_run_does_nothing_but_the_reviewed_plan(make: Make, sandbox: Running) -> None:
    migration = make()
    assert migration("plan").code == 0
    reviewed = str(migration.directory / "reports" / "plan.json")
    config = migration.directory / "migration.toml"
    text = config.read_text()
    rule = 'rename = [{ pattern = "^Projects", replace = "Old" }]'
    config.write_text(text.replace("[labels]\n", f"[labels]\n{rule}\n"))
    refused = migration("run", "--plan", reviewed)
    assert refused.code == 6, refused.said
    assert "Projects" in refused.err
    assert "Old" in refused.err
    assert list(Gmail(sandbox, user_of(migration)).ids()) == []
    config.write_text(text)
    done = migration("run", "--plan", reviewed, "--json")
    assert done.code == 0, done.said
    assert done.json["totals"]["imported"] == 11


# --- the copy


def test_only_picks_accounts(make: Make) -> None:
    migration = make()
    unknown = migration("run", "--only", "hanako@example.jp")
    assert unknown.code == 2
    assert "hanako@example.jp" in unknown.err
    done = migration("plan", "--only", USER.upper(), "--json")
    assert (done.code, len(done.json["accounts"])) == (0, 1)


def test_a_pilot_leaves_the_rest_pending(make: Make) -> None:
    migration = make()
    pilot = migration("run", "--limit", "5", "--json")
    assert pilot.code == 4, pilot.said
    assert (pilot.json["totals"]["imported"], pilot.json["totals"]["pending"]) == (5, 6)
    assert pilot.json["complete"] is False
    status = migration("status", "--json")
    assert (status.code, status.json["totals"]) == (4, pilot.json["totals"])
    rest = migration("run", "--json")
    assert (rest.code, rest.json["complete"]) == (0, True), rest.said
    assert rest.json["totals"]["imported"] == 11


def test_quick_form(
    imap: demo_imap.Running, sandbox: Running, targets: Iterator[str], tmp_path: Path
) -> None:
    target = next(targets)
    words = ["migrate", "run", "--source", f"imaps://{USER.replace('@', '%40')}@{imap.host}:"]
    words[-1] += str(imap.port)
    words += ["--target", target, "--key", str(sandbox.key_file), "--api", sandbox.url, "--json"]
    env = {"MAILHAUL_SOURCE_PASSWORD": PASSWORD, "SSL_CERT_FILE": str(imap.ca_file)}
    done = mailhaul(*words, cwd=tmp_path, env=env)
    assert done.code == 3, done.said  # the message that Gmail refuses
    assert (done.json["totals"]["imported"], done.json["totals"]["quarantined"]) == (11, 1)
    sent = uploads(sandbox)
    again = mailhaul(*words, cwd=tmp_path, env=env)
    assert (again.json["totals"], uploads(sandbox)) == (done.json["totals"], sent)
    incomplete = mailhaul(*words[:4], cwd=tmp_path, env=env)
    assert incomplete.code == 2


def test_what_gmail_refuses_is_no_success(make: Make, sandbox: Running) -> None:
    migration = make(FAST)
    done = migration("run", "--json")
    assert done.code == 3, done.said
    check_document(done.json, "run")
    (kept,) = done.json["quarantine"]
    assert (kept["folder"], kept["code"]) == ("Refused", "gmail-from-count")
    assert (migration.directory / kept["file"]).read_bytes() == mail(
        30, "Refused", "To: nobody@example.com"
    ).raw
    assert migration("verify", "--deep").code == 3
    assert migration("report").code == 3


def test_reports_and_their_json(make: Make) -> None:
    migration = make()
    assert migration("status").code == 2, "there is nothing to tell yet"
    assert migration("run").code == 0
    for words in (["status"], ["report"], ["verify"], ["verify", "--deep"]):
        done = migration(*words, "--json")
        assert done.code == 0, done.said
        check_document(done.json, words[0])
        assert done.json["complete"] is True
        assert done.json["run"]
    text = migration("status")
    assert text.code == 0
    assert re.search(rf"{USER} +done +12 +11 +0 +0 +1 +0 +0", text.out), text.out
    kinds = {each.suffix for each in (migration.directory / "reports").iterdir()}
    assert kinds >= {".html", ".json", ".csv", ".md"}
    whole = json.loads((migration.directory / "reports" / "report.json").read_text())
    check_document(whole, "report")


def test_a_terminal_gets_bars_and_a_pipe_does_not(make: Make) -> None:
    migration = make()
    piped = migration("run", "--limit", "3")
    assert "\r" not in piped.said
    assert "Copying" not in piped.said
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    child = subprocess.Popen(
        [sys.executable, "-m", "mailhaul", "migrate", "run", "--lang", "en"],
        cwd=migration.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=follower,
    )
    os.close(follower)
    shown = ""
    with suppress(OSError), os.fdopen(leader, "rb", buffering=0) as screen:  # EIO at its end
        while piece := screen.read(4096):
            shown += piece.decode(errors="replace")
    assert child.wait(60) == 0
    assert "\r" in shown
    assert f"Copying {USER}" in shown


def test_japanese(make: Make) -> None:
    migration = make(FAST)
    japanese = re.compile("[ぁ-んァ-ヶ一-龠]")
    for words in (["check"], ["run"], ["status"], ["verify"]):
        done = migration(*words, "--lang", "ja")
        assert done.code in (0, 3), done.said
        assert japanese.search(done.out), (words, done.out)
        assert not re.search(r"\b(Report|Imported|Error|Source)\b", done.said), done.said
    (page,) = (migration.directory / "reports").glob("run*.html")
    assert japanese.search(page.read_text())
    wrong = migration("run", "--only", "nobody@example.jp", "--lang", "ja")
    assert japanese.search(wrong.err)
    localized = migration("status", env={"LANG": "ja_JP.UTF-8"})
    assert japanese.search(localized.out)
    assert migration("status", "--lang", "fr").code == 2


def test_one_account_that_fails_does_not_stop_the_others(
    imap: demo_imap.Running, sandbox: Running, targets: Iterator[str], tmp_path: Path
) -> None:
    accounts = {
        ("stranger@example.jp", next(targets)): "no-such-pass",
        (USER, next(targets)): PASSWORD,
    }
    url = f"imaps://{imap.host}:{imap.port}"
    migration = Migration(tmp_path / "move").write(url, imap.ca_file, sandbox, accounts, CLEAN)
    done = migration("run", "--json")
    assert done.code == 5, done.said
    check_document(done.json, "run")
    states = {each["source_user"]: each for each in done.json["accounts"]}
    failed, complete = states["stranger@example.jp"], states[USER]
    assert (failed["state"], failed["error"]["code"]) == ("failed", "source-login-refused")
    assert (complete["state"], complete["error"]) == ("done", None)
    assert complete["totals"]["imported"] == 11
    assert done.json["complete"] is False
    assert migration("verify").code == 5
    assert migration("verify", "--only", USER).code == 0


# --- keys and secrets


def test_a_real_key_is_never_used_elsewhere(make: Make, sandbox: Running, tmp_path: Path) -> None:
    migration = make()
    info = json.loads(sandbox.key_file.read_text())
    del info["mailhaul_sandbox"]
    key = tmp_path / "real.json"
    key.touch(mode=0o600)
    config = migration.directory / "migration.toml"
    config.write_text(config.read_text().replace(str(sandbox.key_file), str(key)))
    before = stats(sandbox)["requests"]
    for token_uri in ("https://oauth2.googleapis.com/token", info["token_uri"]):
        key.write_text(json.dumps(info | {"token_uri": token_uri}))
        done = migration("run")
        assert done.code == 2, done.said
        assert "real.json" in done.err
    assert stats(sandbox)["requests"] == before


def test_a_sandbox_key_is_never_used_against_google(make: Make, sandbox: Running) -> None:
    migration = make()
    config = migration.directory / "migration.toml"
    config.write_text(config.read_text().replace(sandbox.url, "https://gmail.googleapis.com"))
    before = stats(sandbox)["requests"]
    for command in ("check", "run"):
        done = migration(command)
        assert done.code == 2, done.said
    assert stats(sandbox)["requests"] == before


def test_no_secret_is_told_or_kept(make: Make, sandbox: Running, tmp_path: Path) -> None:
    migration = make(FAST)
    key = json.loads(sandbox.key_file.read_text())
    said: list[Done] = []
    debug = {"MAILHAUL_DEBUG": "1"}
    for words in (["check"], ["plan"], ["run"], ["verify", "--deep"], ["report", "--json"]):
        said.append(migration(*words, env=debug))
    accounts = migration.directory / "accounts.csv"
    shutil.copy(accounts, tmp_path / "right.csv")
    accounts.write_text(accounts.read_text().replace(PASSWORD, PASSWORD + "-wrong"))
    said += [migration("run", env=debug), migration("check", env=debug)]
    assert said[-1].code == 5
    secrets = [PASSWORD, key["private_key"].splitlines()[1], "PRIVATE KEY", "ya29.", "Bearer "]
    for done in said:
        assert [each for each in secrets if each in done.said] == []
    for path in migration.directory.rglob("*"):
        if path.is_file() and path.name != "accounts.csv":
            data = path.read_bytes()
            assert [each for each in secrets if each.encode() in data] == [], path
    assert (migration.directory / "state" / "ledger.db").stat().st_size > 0


def test_state_is_for_its_owner_alone(make: Make) -> None:
    migration = make(FAST)
    migration("run")
    kept = [migration.directory / each for each in ("state", "quarantine", "reports")]
    found = [path for each in kept for path in (each, *each.rglob("*"))]
    assert len(found) > 6
    for path in found:
        private = path.is_dir() or "reports" not in path.parts
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0 or not private, (path, oct(mode))
    assert list((migration.directory / "state").rglob("spool/*")) == []
