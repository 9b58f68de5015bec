"""`init`, `check`, `plan`: files, exit codes, cures; nothing moves."""

from __future__ import annotations

import json
import re
import stat
import tomllib
from pathlib import Path

from migrate.sandbox.embed import Running
from tests.functional.migration import Gmail, mailhaul, stats
from tests.sandboxes import running

from .contract import USER, Make, check_document, files, user_of


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


def test_init_says_in_json_what_it_wrote(tmp_path: Path) -> None:
    done = mailhaul("migrate", "init", "--dir", "move", "--json", cwd=tmp_path)
    assert (done.code, done.json["schema"], done.json["command"]) == (0, 1, "init")
    assert [Path(file).name for file in done.json["files"]] == ["migration.toml", "accounts.csv"]


def test_check_finds_all_well(make: Make) -> None:
    done = make()("check", "--json")
    assert (done.code, done.json["complete"]) == (0, True), done.said
    account = done.json["accounts"][0]
    assert account["source"] == {"ok": True, "folders": 3, "provider": "unknown"}
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
