"""Keys that don't fit are not used; secrets are told to nobody."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

from migrate.sandbox.embed import Running
from tests.functional.migration import FAST, Done, stats

from .contract import PASSWORD, Make


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
