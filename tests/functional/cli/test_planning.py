"""`plan --deep`, `--diff` and `run --plan`: what was reviewed binds, new mail passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import Running
from tests.functional.migration import Done, Gmail, Migration

from .contract import CLEAN, USER, Make, user_of

Edit = Callable[[dict[str, Any]], None]


def reviewed(migration: Migration, edit: Edit = lambda _: None) -> str:
    """The path of a plan that was made and edited."""
    assert migration("plan").code == 0
    plan = json.loads((migration.directory / "reports" / "plan.json").read_text())
    edit(plan)
    file = migration.directory / "agreed.json"
    file.write_text(json.dumps(plan, ensure_ascii=False))
    return str(file)


def folders(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in plan["accounts"][0]["folders"]}


def labels(sandbox: Running, migration: Migration) -> set[str]:
    return set(Gmail(sandbox, user_of(migration)).labels().values())


def test_the_run_does_what_the_edited_plan_says(make: Make, sandbox: Running) -> None:
    def edit(plan: dict[str, Any]) -> None:
        folders(plan)["Projects"]["label"] = "Muted"  # reserved
        folders(plan)["INBOX"]["label"] = None
        folders(plan)["Refused"]["label"] = "Odd mail"

    migration = make()
    done = migration("run", "--plan", reviewed(migration, edit), "--json")
    assert done.code == 3, done.said
    assert (
        done.json["totals"] | {"imported": 2, "skipped": 9, "quarantined": 1}
        == (done.json["totals"])
    )
    ended = folders(done.json)
    assert [ended[each]["label"] for each in ("INBOX", "Projects", "Refused")] == [
        None,
        "Muted (imported)",
        "Odd mail",
    ]
    assert ended["INBOX"]["rule"] == "plan"
    assert {"Muted (imported)", "Odd mail"} <= labels(sandbox, migration)
    assert "Projects" not in labels(sandbox, migration)
    again = migration("run", "--json")
    assert folders(again.json)["Projects"]["label"] == "Muted (imported)"
    assert folders(again.json)["INBOX"]["rule"] == "plan"


def _drop_folder(plan: dict[str, Any]) -> None:
    plan["accounts"][0]["folders"].pop()


def _add_folder(plan: dict[str, Any]) -> None:
    plan["accounts"][0]["folders"].append(folders(plan)["Projects"] | {"name": "Gone"})


def _other_validity(plan: dict[str, Any]) -> None:
    folders(plan)["Projects"]["uidvalidity"] += 1


def _more_messages(plan: dict[str, Any]) -> None:
    folders(plan)["INBOX"]["totals"]["source"] += 1


def _other_account(plan: dict[str, Any]) -> None:
    plan["accounts"][0]["source_user"] = "someone@example.jp"


def _other_settings(plan: dict[str, Any]) -> None:
    plan["settings"]["policy"]["trash"] = "skip"


@pytest.mark.parametrize(
    ("edit", "what", "told"),
    [
        (_drop_folder, "folder", "Refused: Folder: – → Refused"),
        (_add_folder, "folder", "Gone: Folder: Gone → –"),
        (_other_validity, "uidvalidity", "Projects: Folder rebuilt at the source (UIDVALIDITY)"),
        (_more_messages, "gone", "INBOX: No longer at the source: 10 → 9"),
        (_other_account, "account", "someone@example.jp: Account: "),
        (_other_settings, "setting", 'policy.trash = "skip" → policy.trash = "label"'),
    ],
)
def test_more_than_new_mail_is_refused(
    make: Make, sandbox: Running, edit: Edit, what: str, told: str
) -> None:
    migration = make()
    file = reviewed(migration, edit)
    done = migration("run", "--plan", file)
    assert done.code == 6, done.said
    assert told in done.err
    assert list(Gmail(sandbox, user_of(migration)).ids()) == []
    shown = migration("plan", "--diff", file, "--json")
    assert shown.code == 0
    assert what in {each["what"] for each in shown.json["changes"]}


def test_new_mail_is_fine(make: Make) -> None:
    def fewer(plan: dict[str, Any]) -> None:
        line = folders(plan)["INBOX"]
        line["totals"]["source"] -= 2
        line["uidnext"] -= 2

    migration = make()
    file = reviewed(migration, fewer)
    changes = migration("plan", "--diff", file, "--json").json["changes"]
    assert [(each["folder"], each["what"]) for each in changes] == [("INBOX", "messages")]
    done = migration("run", "--plan", file, "--json")
    assert (done.code, done.json["totals"]["imported"]) == (0, 11), done.said


def _twice(plan: dict[str, Any]) -> None:
    plan["accounts"][0]["folders"].append(folders(plan)["Projects"])


def test_a_plan_that_is_edited_wrongly_is_told_with_the_place(make: Make) -> None:
    def edit(plan: dict[str, Any]) -> None:
        folders(plan)["Projects"]["label"] = 5

    migration = make()
    done = migration("run", "--plan", reviewed(migration, edit))
    assert done.code == 2, done.said
    assert "accounts.0.folders.1.label" in done.err
    done = migration("run", "--plan", reviewed(migration, _twice))
    assert done.code == 2, done.said
    assert "accounts.0.folders" in done.err
    assert "Projects" in done.err
    (migration.directory / "agreed.json").write_text("no JSON")
    assert migration("plan", "--diff", str(migration.directory / "agreed.json")).code == 2


def test_the_mapping_is_shown(make: Make) -> None:
    done = make(CLEAN.replace("exclude", 'prefix = "Old"\nexclude'))("plan")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["Projects", "Old/Projects", "2"] in lines
    assert ["INBOX", "INBOX", "9"] in lines


def test_filters_leave_out_by_name_and_are_followed(make: Make) -> None:
    migration = make(f"{CLEAN}[filters]\nsearch = 'SUBJECT \"Projects\"'\n")
    done: Done = migration("run", "--json")
    assert (done.code, done.json["totals"]["imported"]) == (0, 2), done.said
    assert {(each["folder"], each["rule"]) for each in done.json["skips"]} >= {
        ("INBOX", "filter-search")
    }
    config = migration.directory / "migration.toml"
    config.write_text(config.read_text().replace("search = 'SUBJECT \"Projects\"'", "min_size = 1"))
    again = migration("run", "--json")
    assert (again.code, again.json["totals"]["imported"]) == (0, 11), again.said
    config.write_text(config.read_text().replace("min_size = 1", "search = 'NO SUCH KEY'"))
    refused = migration("run", "--only", USER)
    assert refused.code == 5, refused.said
    assert "NO SUCH KEY" in refused.err


def test_the_deep_plan_is_confirmed_by_the_run(make: Make, tmp_path: Path) -> None:
    migration = make("[limits]\nunits_per_minute_user = 0\nsettle_seconds = 0.3\n")
    planned = migration("plan", "--deep", "--json")
    assert planned.code == 0, planned.said
    assert {(each["verdict"], each["count"]) for each in planned.json["predicted"]} == {
        ("accepted", 11),
        ("from-missing", 1),
    }
    assert not list((migration.directory / "state" / "spool").glob("*"))
    done = migration("run", "--json")
    assert done.code == 3, done.said
    assert done.json["surprises"] == []
    assert {each["agrees"] for each in done.json["confirmed"]} == {True}
