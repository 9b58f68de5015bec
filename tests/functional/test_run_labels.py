"""Labels that Gmail refuses, has no room for or somebody deletes: no message is lost for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.cli.reporting import verify_all
from migrate.config import load
from migrate.gmail.upload import Stored, Uploader
from migrate.plan import plan
from migrate.progress import Progress
from migrate.report.document import Difference
from migrate.sandbox.embed import Running
from migrate.texts import Texts
from tests.sandboxes import running

from .memory_source import LIMITS, OLDEST_FIRST, ONE_BY_ONE, TARGET, Copied, Mail, mail, run
from .memory_source import MemorySource as Source
from .migration import Gmail, Migration, faults, uploads

CREATE = "gmail.users.labels.create"
INVALID = {"method": CREATE, "status": 400, "message": "Invalid label name"}


def placed(copied: Copied) -> dict[int, set[str]]:
    """Number of a message → its labels."""
    return {
        number: set(one.labels)
        for one in copied.gmail.messages()
        for number in range(10)
        if b"<%d@example.com>" % number in one.raw
    }


def renamed(copied: Copied) -> dict[str, str]:
    """Folder → label, of those that Gmail refused."""
    found = copied.document.renames or []
    return {each.folder: each.label for each in found if each.reason == "refused"}


def differences(
    monkeypatch: pytest.MonkeyPatch, copied: Copied, content: dict[str, list[Mail]]
) -> list[Difference]:
    monkeypatch.setattr("migrate.connections.open_source", lambda *_, **__: Source(content))
    config = load(copied.migration.directory)
    document, errors = verify_all(config, config.accounts, Texts("en"), deep=True, quiet=True)
    assert errors == []
    return document.differences or []


def test_a_name_that_only_gmail_knows_to_be_reserved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    """In turn: Gelezen, Gelezen/oud, Projects; each is refused under its own name only."""
    content = {"Gelezen": [mail(1)], "Gelezen/oud": [mail(2)], "Projects": [mail(3)]}
    faults(sandbox, INVALID | {"nth": [1, 4]})
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.errors == []
    assert copied.counts() == {"imported": 3}
    assert placed(copied) == {
        1: {"Gelezen (imported)"},
        2: {"Gelezen (imported)/oud"},
        3: {"Projects"},
    }
    assert renamed(copied) == {
        "Gelezen": "Gelezen (imported)",
        "Gelezen/oud": "Gelezen (imported)/oud",
    }
    assert differences(monkeypatch, copied, content) == []
    content["Gelezen"].append(mail(4))
    again = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert placed(again)[4] == {"Gelezen (imported)"}


@pytest.mark.parametrize("kept", [0, 1])
def test_no_room_for_more_labels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, kept: int
) -> None:
    content = {"a": [mail(1)], "a/b": [mail(2)], "c": [mail(3)], "INBOX": [mail(3)]}
    full = {"status": 400, "message": "Too many labels"}
    faults(sandbox, {"method": CREATE, "nth": list(range(kept + 1, 30)), **full})
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.errors == []
    assert copied.counts() == {"imported": 3, "merged": 1}
    above = {"a"} if kept else set()
    assert placed(copied) == {1: above, 2: above, 3: {"INBOX"}}
    assert renamed(copied) == ({} if kept else {"a": ""}) | {"a/b": "a" if kept else "", "c": ""}
    assert differences(monkeypatch, copied, content) == []


@pytest.mark.parametrize("assumed", ["label-length=12", "label-spaces=refuse"])
def test_a_sandbox_with_other_rules_for_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, assumed: str
) -> None:
    content = {"A name of twenty": [mail(1)], "x": [mail(2)], "x/A name of twenty": [mail(3)]}
    with running(tmp_path / "sandbox", TARGET, extra=["--assume", assumed]) as sandbox:
        copied = run(monkeypatch, tmp_path / "move", sandbox, content)
        assert copied.counts() == {"imported": 3}
        common = {"x"} if assumed == "label-length=12" else {"x/A name of twenty"}
        assert placed(copied)[3] == common
        assert differences(monkeypatch, copied, content) == []


@pytest.mark.parametrize("copies", [False, True])
def test_a_label_that_is_deleted_while_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, copies: bool
) -> None:
    """Its next message makes it anew: with its upload, or as the copy of one that is there."""
    content = {"INBOX": [mail(2)], "Projects": [mail(1), mail(2), mail(3)]}
    if copies:
        run(monkeypatch, tmp_path / "move", sandbox, {"INBOX": [mail(2)], "Projects": []})
    send, deleted = Uploader.send, list[str]()

    def spoilt(self: Uploader, *words: object, **more: object) -> Stored:
        stored = send(self, *words, **more)  # type: ignore[arg-type]
        if not deleted:
            deleted.extend(key for key, name in gmail.labels().items() if name == "Projects")
            gmail.call(f"labels/{deleted[0]}", "DELETE")
        return stored

    gmail = Gmail(sandbox, TARGET)
    monkeypatch.setattr(Uploader, "send", spoilt)
    copied = run(monkeypatch, tmp_path / "move", sandbox, content, OLDEST_FIRST + ONE_BY_ONE)
    assert copied.errors == []
    assert copied.counts() == {"imported": 3, "merged": 1}
    assert placed(copied) == {1: set(), 2: {"INBOX", "Projects"}, 3: {"Projects"}}
    assert uploads(sandbox) == (4 if not copies else 3)
    assert deleted[0] not in copied.gmail.labels()
    assert differences(monkeypatch, copied, content) == []  # it was its owner who took it away


@pytest.mark.parametrize(
    ("depth", "limit", "said"), [(0, 10_000, "at most 500"), (0, 500, "allows 500"), (1, 500, None)]
)
def test_the_plan_counts_the_labels(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    sandbox: Running,
    depth: int,
    limit: int,
    said: str | None,
) -> None:
    content: dict[str, list[Mail]] = {f"a/{number}": [] for number in range(500)}
    monkeypatch.setattr("migrate.plan.dry_run.LABELS_AT_MOST", limit)
    monkeypatch.setattr("migrate.plan.dry_run.open_source", lambda *_: Source(content))
    migration = Migration(tmp_path / "move")
    more = f"[labels]\ndepth = {depth}\n{LIMITS}"
    users = {("source", TARGET): "secret"}
    migration.write("imaps://mail.example.com", None, sandbox, users, more)
    config = load(migration.directory)
    document, errors = plan(config, config.accounts, Progress(), Texts("en"))
    assert errors == []
    found = [note for note in document.notes if "labels" in note]
    assert len(found) == (said is not None)
    assert all("501" in note and str(said) in note for note in found)
