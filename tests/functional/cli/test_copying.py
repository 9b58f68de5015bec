"""`run`: accounts, pilots, the quick form, exit codes."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

from migrate.demo import imap as demo_imap
from migrate.sandbox.embed import Running
from tests.functional.migration import FAST, ROOT, Migration, faults, mailhaul, uploads

from .contract import CLEAN, PASSWORD, USER, Make, check_document, mail


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


def test_a_run_leaves_a_log_of_its_events(make: Make, sandbox: Running) -> None:
    migration = make(FAST)
    csv = migration.directory / "accounts.csv"
    csv.write_text(f"{csv.read_text()}nobody@example.jp,nobody@example.com,not-the-password\n")
    faults(sandbox, {"method": "gmail.users.messages.import", "nth": [2], "status": 429})
    try:
        done = migration("run", "--json")
    finally:
        faults(sandbox)
    assert done.code == 5, done.said
    (log,) = (migration.directory / "state" / "logs").iterdir()
    assert (log.stem, stat.S_IMODE(log.stat().st_mode)) == (done.json["run"], 0o600)
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {(each["schema"], each["run"]) for each in lines} == {(1, log.stem)}
    documented = (ROOT / "docs" / "json.md").read_text()
    assert all(f"`{name}`" in documented for each in lines for name in (*each, each["event"]))
    of_user = [each for each in lines if each.get("account") == USER]
    names = [each["event"] for each in of_user]
    assert names[:3] == ["account-started", "connected", "scanned"]
    assert names[-1] == "account-finished"
    assert "throttled" in names
    (kept,) = done.json["quarantine"]
    found = [each for each in of_user if each["event"] == "quarantined"]
    assert [{key: each[key] for key in ("code", "folder", "uid")} for each in found] == [
        {key: kept[key] for key in ("code", "folder", "uid")}
    ]
    slices = [each for each in of_user if each["event"] == "slice-done"]
    for name, count in done.json["totals"].items():
        if name not in ("source", "pending"):
            assert sum(each.get(name, 0) for each in slices) == count, name
    (failed,) = [each for each in lines if each["event"] == "account-failed"]
    (error,) = [each["error"] for each in done.json["accounts"] if each["error"]]
    assert (failed["account"], failed["code"]) == ("nobody@example.jp", error["code"])
    assert (lines[0]["event"], lines[-1]["event"]) == ("run-started", "run-ended")
    for secret in (PASSWORD, "not-the-password", "Subject", "INBOX 3", "Text 3"):
        assert secret not in text
