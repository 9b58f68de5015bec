"""`pause` and `resume` from outside, while a run is at work in another process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from migrate.cli import common
from migrate.cli.common import outcome
from migrate.cli.copying import copy
from migrate.cli.pausing import pause, resume
from migrate.config import load, private_directory, quick
from migrate.credentials import Secret
from migrate.errors import Paused
from migrate.ledger import Ledger, accounts
from migrate.progress import Progress
from migrate.sandbox.embed import Running

from ..cli.contract import PASSWORD, USER
from ..migration import SETTLE, Migration
from .place import Make, Place, distinct, en

OTHER = "other@example.jp"
SLOW, FAST = "units_per_minute_user = 3000", "units_per_minute_user = 0"


@pytest.fixture
def options() -> str:
    """So slow that a pause is noticed in the middle."""
    one_by_one = "uploads_per_user = 1\nuploads_per_user_max = 1\nslice_messages = 3"
    return f"[limits]\n{SLOW}\n{one_by_one}\n{SETTLE}\n"


@pytest.mark.parametrize("only", [(), ("--only", USER)])
def test_a_pause_ends_a_run_in_another_process(make: Make, only: tuple[str, ...]) -> None:
    here = make()
    with here.at_work() as child:
        paused = here.migration("pause", *only, "--json")
        assert (paused.code, paused.json["command"]) == (0, "pause")
        (account,) = paused.json["accounts"]
        assert account["working"] and account["paused"]
        assert bool(paused.json["paused"]) is (not only)
        done = here.ended(child)
    assert done.code == 4, done.said
    key = "batch.run.paused_some" if only else "batch.run.paused"
    assert en(key, users=USER, directory=here.directory) in done.err
    status = here.migration("status", "--json")
    (line,) = status.json["accounts"]
    assert (status.code, line["state"], line["working"]) == (4, "paused", False)
    assert line["totals"]["pending"] > 0
    if only:
        return
    before = here.count()
    refused = here.run("run")
    assert refused.code == 4
    assert f"mailhaul migrate resume --dir {here.directory}" in refused.err
    assert here.count() == before
    resumed = here.migration("resume", "--json")
    assert (resumed.code, resumed.json["paused"]) == (0, None)
    assert [each["paused"] for each in resumed.json["accounts"]] == [None]
    settings = here.directory / "migration.toml"
    settings.write_text(settings.read_text().replace(SLOW, FAST))
    assert here.run("run").code == 3
    assert here.count() == distinct()


def test_one_account_is_left_alone(make: Make) -> None:
    here = make()
    settings = here.directory / "migration.toml"
    settings.write_text(settings.read_text().replace(SLOW, FAST))
    csv = here.directory / "accounts.csv"
    csv.write_text(f"{csv.read_text()}{OTHER},other@example.org,{PASSWORD}\n")
    assert here.run("pause", "--only", OTHER).code == 0
    done = here.migration("run", "--json")
    taro, other = done.json["accounts"]
    assert done.code == 4, done.said
    assert (taro["state"], other["state"], other["error"]) == ("done", "new", None)
    assert en("batch.run.paused_some", users=OTHER, directory=here.directory) in done.err
    assert here.run("pause").code == 0
    refused = here.migration("resume", "--only", OTHER, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (2, "paused-whole")


def test_what_is_stopped_before_anything_is_known_of_it_is_not_done(make: Make) -> None:
    stop = threading.Event()

    class AtOnce(Progress):
        def paced(self, user: str, units: Callable[[], int]) -> None:
            stop.set()  # Gmail has not been asked for anything yet

    config = load(make().directory)
    document, errors = copy(config, config.accounts, AtOnce(), en, stop)
    assert (errors, outcome(document, errors)) == ([], 4)
    assert [(line.state, line.totals.source) for line in document.accounts] == [("paused", 0)]


def test_a_pause_before_the_first_run_and_without_any_server(
    sandbox: Running, tmp_path: Path
) -> None:
    accounts = {(USER, "nobody@example.org"): PASSWORD}
    nowhere = replace(sandbox, url="http://127.0.0.1:1")
    made = Migration(tmp_path / "move").write("imaps://127.0.0.1:1", None, nowhere, accounts)
    here = Place(made, sandbox, "nobody@example.org")
    assert here.run("pause").code == 0
    refused = here.migration("run", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (4, "paused")
    status = here.migration("status", "--json")
    assert status.code == 4
    assert status.json["paused"] == status.json["accounts"][0]["paused"] is not None


def test_a_run_in_quick_form_is_paused_by_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    password, api = Secret("p"), "http://127.0.0.1:1"
    config = quick("imaps://ann@127.0.0.1", "a@example.org", Path("k"), password=password, api=api)
    monkeypatch.chdir(tmp_path)
    config = replace(config, directory=tmp_path / config.directory.name)
    with pytest.raises(typer.Exit) as ended:
        pause(tmp_path, lang="en")
    assert ended.value.exit_code == 2 and "There is no migration.toml" in capsys.readouterr().err
    private_directory(config.ledger_path.parent)
    with Ledger(config.ledger_url) as ledger:
        ledger.write(lambda conn: accounts.enrol(conn, [config.accounts[0].pair]))
    with pytest.raises(typer.Exit):
        pause(tmp_path, lang="en")
    assert f"migrate pause --dir {config.directory}" in capsys.readouterr().err
    pause(config.directory, ["ann"], as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [each["paused"] is None for each in told["accounts"]] == [False]
    assert common.paused_since(config) is None
    pause(config.directory)
    with pytest.raises(Paused):
        common.refuse_paused(config)
    resume(config.directory, lang="en")
    assert "run --source" in capsys.readouterr().out
    common.refuse_paused(config)
