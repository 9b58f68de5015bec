"""What changes at the source follows to Gmail, and what the user changed there stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contracts.gmail import b64
from tests.sandboxes import running

from .dovecot import Dovecot
from .following import TARGET, Scene, mail
from .migration import FAST, faults, stats, uploads

pytestmark = pytest.mark.dovecot


@pytest.fixture
def scene(empty_scene: Scene) -> Scene:
    empty_scene.seed("INBOX", range(1, 7), "\\Seen")
    empty_scene.seed("INBOX", [7])
    empty_scene.seed("Work", [11, 12], "\\Seen")
    return empty_scene


def kept(report: Any) -> dict[str, str]:
    return {each["message_id"]: each["why"] for each in report["kept"]}


def test_flags_follow(scene: Scene) -> None:
    scene.run()
    scene.flag("INBOX", 1, "\\Flagged")
    scene.unflag("INBOX", 2, "\\Seen")
    scene.flag("INBOX", 7, "\\Seen")
    scene.change(3, add=["STARRED"])
    sent = uploads(scene.sandbox)
    report = scene.run()
    assert uploads(scene.sandbox) == sent
    assert scene.labels(1) == {"INBOX", "STARRED"}
    assert scene.labels(2) == {"INBOX", "UNREAD"}
    assert scene.labels(3) == {"INBOX", "STARRED"}
    assert scene.labels(7) == {"INBOX"}
    assert report["followed"]["labels"] == 3
    scene.unflag("INBOX", 1, "\\Flagged")
    scene.run()
    assert scene.labels(1) == {"INBOX"}


def test_moves_and_copies_follow_without_an_upload(scene: Scene) -> None:
    scene.run()
    sent = uploads(scene.sandbox)
    scene.move("INBOX", 1, "Work")
    scene.copy("INBOX", 2, "Work")
    scene.move("Work", 11, "INBOX")
    scene.move("Work", 12, "New/Place")
    scene.run()
    assert uploads(scene.sandbox) == sent
    assert scene.labels(1) == {"Work"}
    assert scene.labels(2) == {"INBOX", "Work"}
    assert scene.labels(11) == {"INBOX"}
    assert scene.labels(12) == {"New/Place"}
    assert {len(list(scene.gmail.ids()))} == {9}


def test_what_the_user_changed_stands(scene: Scene) -> None:
    scene.run()
    scene.gmail.call("labels", "POST", {"name": "Mine"})
    scene.change(1, add=["Mine"], remove=["INBOX"])
    scene.flag("INBOX", 1, "\\Flagged")
    scene.change(2, add=["Mine"], remove=["INBOX"])
    scene.move("INBOX", 2, "Work")
    scene.trash(3)
    scene.move("INBOX", 3, "Work")
    scene.change(4, add=["SPAM"])
    scene.flag("INBOX", 4, "\\Flagged")
    scene.erase(5)
    scene.flag("INBOX", 5, "\\Flagged")
    sent = uploads(scene.sandbox)
    report = scene.run()
    assert uploads(scene.sandbox) == sent
    assert scene.labels(1) == {"Mine", "STARRED"}
    assert scene.labels(2) == {"Mine", "Work"}
    assert "TRASH" in scene.labels(3)
    assert scene.labels(4) == {"SPAM"}
    assert kept(report) == {
        "<1@example.com>": "labels",
        "<3@example.com>": "trashed",
        "<4@example.com>": "spam",
        "<5@example.com>": "gone",
    }
    assert report["followed"]["kept"] == 4
    # What it was taken out of Trash for, its user has it back with; and its labels follow again.
    scene.gmail.call(f"messages/{scene.id(3)}/untrash", "POST")
    scene.flag("Work", 3, "\\Flagged")
    scene.run()
    assert scene.labels(3) == {"Work", "STARRED"}


def test_one_of_two_copies_goes(scene: Scene) -> None:
    scene.seed("Work", [1], "\\Seen")
    scene.run()
    assert scene.labels(1) == {"INBOX", "Work"}
    scene.change(1, add=["STARRED"])
    scene.delete("INBOX", 1)
    report = scene.run("--mirror-deletes")
    assert scene.labels(1) == {"Work", "STARRED"}
    assert report["followed"]["deleted"] == 0


def test_deletions_are_told_and_trashed_only_if_asked_for(scene: Scene) -> None:
    scene.run()
    scene.delete("INBOX", 1, 2, 3)
    report = scene.run()
    assert report["followed"]["deleted"] == 3
    assert [(each["folder"], each["trashed"]) for each in report["deleted"]] == [
        ("INBOX", False)
    ] * 3
    assert scene.labels(1) == {"INBOX"}
    scene.change(2, remove=["INBOX"])
    report = scene.run("--mirror-deletes")
    assert scene.labels(1) == {"TRASH"}
    assert scene.labels(2) == set()
    assert scene.labels(3) == {"TRASH"}
    assert report["followed"]["trashed"] == 2
    assert kept(report) == {"<2@example.com>": "changed"}
    before = stats(scene.sandbox)["requests"]
    scene.run("--mirror-deletes")
    assert "gmail.users.messages.modify" not in _more(before, stats(scene.sandbox)["requests"])


def test_what_was_deleted_and_is_back_leaves_trash(scene: Scene) -> None:
    scene.run()
    scene.delete("INBOX", 1, 2)
    scene.run("--mirror-deletes")
    assert scene.labels(1) == {"TRASH"}
    scene.erase(2)
    scene.seed("Work", [1, 2], "\\Seen")
    report = scene.run()
    assert scene.labels(1) == {"Work"}
    assert report["followed"]["untrashed"] == 1
    assert report["followed"]["deleted"] == 0
    scene._ids.clear()
    assert scene.labels(2) == {"Work"}


def test_flagged_as_deleted_and_not_any_more(scene: Scene) -> None:
    scene.run()
    scene.flag("INBOX", 1, "\\Deleted")
    report = scene.run("--mirror-deletes")
    assert scene.labels(1) == {"TRASH"}
    assert report["followed"]["deleted"] == 1
    scene.unflag("INBOX", 1, "\\Deleted")
    scene.run("--mirror-deletes")
    assert scene.labels(1) == {"INBOX"}


def test_the_brake(scene: Scene) -> None:
    scene.run()
    scene.delete("Work", 11, 12)
    scene.delete("INBOX", 1)
    report = scene.run("--mirror-deletes", code=6)
    assert report["accounts"][0]["error"]["code"] == "source-emptied"
    assert scene.labels(11) == {"Work"}
    assert scene.labels(1) == {"INBOX"}
    scene.run("--mirror-deletes", "--allow-emptied", "Other", code=6)
    scene.run("--mirror-deletes", "--allow-emptied", "Work")
    assert "TRASH" in scene.labels(11)
    assert "TRASH" in scene.labels(1)


def test_what_was_there_before_us_is_not_trashed(scene: Scene) -> None:
    scene.gmail.call("messages/import", "POST", _imported(1))
    scene.run()
    scene.delete("INBOX", 1)
    report = scene.run("--mirror-deletes")
    assert "TRASH" not in scene.labels(1)
    assert kept(report) == {"<1@example.com>": "before"}


def test_policies_follow(scene: Scene) -> None:
    scene.more = f'[policy]\ntrash = "trash"\n{FAST}'
    scene.run()
    scene.move("INBOX", 1, "Trash")
    scene.move("INBOX", 2, "Junk")
    scene.change(3, add=["STARRED"])
    scene.move("INBOX", 3, "Junk")
    scene.run()
    assert scene.labels(1) == {"TRASH"}
    assert scene.labels(2) == {"SPAM"}
    assert scene.labels(3) == {"SPAM", "STARRED"}
    scene.move("Trash", 1, "INBOX")
    scene.move("Junk", 2, "Work")
    scene.run()
    assert scene.labels(1) == {"INBOX"}
    assert scene.labels(2) == {"Work"}


def test_keywords_follow(scene: Scene) -> None:
    scene.more = f'[labels.keywords]\n"$Forwarded" = "Forwarded"\n"*" = "Words"\n{FAST}'
    scene.run()
    scene.flag("INBOX", 1, "$Forwarded", "urgent")
    scene.run()
    assert scene.labels(1) == {"INBOX", "Forwarded", "Words/urgent"}
    scene.unflag("INBOX", 1, "urgent")
    scene.change(1, remove=["Forwarded"])
    scene.run()
    assert scene.labels(1) == {"INBOX"}


@pytest.mark.parametrize("many", [False, True])
def test_history_that_has_expired(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: str, many: bool
) -> None:
    dovecot.add_user(mailbox_user)
    with running(tmp_path / "sandbox", TARGET, extra=("--history-kept", "3")) as sandbox:
        scene = Scene(dovecot, sandbox, mailbox_user, tmp_path / "move")
        numbers = range(1, 60 if many else 4)
        scene.seed("INBOX", numbers, "\\Seen")
        scene.run()
        scene.gmail.call("labels", "POST", {"name": "Mine"})
        scene.change(1, add=["Mine"], remove=["INBOX"])
        scene.trash(2)
        for number in numbers:
            scene.flag("INBOX", number, "\\Flagged")
        before = stats(sandbox)["requests"]
        report = scene.run()
        asked = _more(before, stats(sandbox)["requests"])
        assert scene.labels(1) == {"Mine", "STARRED"}
        assert scene.labels(2) == {"TRASH"}
        assert scene.labels(3) == {"INBOX", "STARRED"}
        assert kept(report) == {"<1@example.com>": "labels", "<2@example.com>": "trashed"}
        assert asked.get("gmail.users.messages.get", 0) == (0 if many else 3)
        if many:
            assert asked["gmail.users.messages.batchModify"] == 1


def test_stopped_in_the_middle(scene: Scene) -> None:
    """The quota of the day is used up: the rest is pending, and the next run brings it."""
    scene.run()
    for number in range(1, 4):
        scene.flag("INBOX", number, "\\Flagged")
    modify = {"method": "gmail.users.messages.modify", "nth": 2}
    faults(scene.sandbox, modify | {"error": "daily-limit"})
    report = scene.run(code=4)
    assert report["accounts"][0]["state"] == "paused"
    assert report["followed"]["open"] == 3
    faults(scene.sandbox, modify | {"status": 500, "when": "after"})
    report = scene.run()
    assert report["followed"]["open"] == 0
    assert all(scene.labels(number) == {"INBOX", "STARRED"} for number in range(1, 4))


def test_without_the_right_to_read_nothing_follows(scene: Scene) -> None:
    scene.target = 'scopes = "minimal"\n'
    scene.run()
    scene.flag("INBOX", 1, "\\Flagged")
    report = scene.run()
    assert scene.labels(1) == {"INBOX"}
    assert report["followed"]["open"] == 1
    page = (scene.directory / "reports" / "run.html").read_text("utf-8")
    assert "not brought over yet: 1" in page
    scene.run("--mirror-deletes", code=2)


def test_nothing_new_costs_nothing(scene: Scene) -> None:
    scene.run()
    scene.run()
    before = stats(scene.sandbox)["requests"]
    scene.run("--mirror-deletes")
    assert _more(before, stats(scene.sandbox)["requests"]).keys() <= {
        "gmail.users.getProfile",
        "gmail.users.labels.list",
        "gmail.users.history.list",
        "token",
    }


def test_verify_knows_what_followed_and_what_the_user_changed(scene: Scene) -> None:
    scene.run()
    scene.move("INBOX", 1, "Work")
    scene.run()
    scene.change(1, remove=["Work"])
    scene.change(11, remove=["Work"])
    scene.erase(2)
    done = scene.migration("verify", "--json")
    assert done.code == 0, done.said
    assert done.json["differences"] == []
    assert "3" in " ".join(done.json["notes"])


def _more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {each: n - before.get(each, 0) for each, n in after.items() if n > before.get(each, 0)}


def _imported(number: int) -> dict[str, str]:
    return {"raw": b64(mail(number))}
