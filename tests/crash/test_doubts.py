"""kill -9 where doubt has to be resolved without Gmail's merging, again, or in another form."""

from __future__ import annotations

import pytest

from tests.crash import oracle
from tests.crash.arena import Arena
from tests.crash.conftest import FULL, NewScene
from tests.crash.killer import LATER
from tests.crash.letters import mended
from tests.crash.matrix import PAPERS, RENAMED, Row, Scopes
from tests.crash.scene import KILLED, UPLOADS

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("step", ["unsent", "stored", "second stored", "outcome queued"])
def test_killed_where_gmail_never_merges(step: str, new_scene: NewScene) -> None:
    scene = new_scene("off")
    assert scene.run("--kill", f"{step}:{LATER.get(step, 1)}")[0] == KILLED
    scene.complete()
    scene.check()


@pytest.mark.parametrize("step", ["labels unmodified", "labels modified"])
def test_killed_while_copies_found_later_get_their_labels(step: str, new_scene: NewScene) -> None:
    scene = new_scene("message-id")
    scene.configure(include=["INBOX"])
    scene.complete()
    scene.configure()
    assert scene.run("--kill", f"{step}:2")[0] == KILLED
    scene.complete()
    scene.check()


def test_killed_again_while_doubt_is_resolved(new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "every": 3, "status": 500, "when": "after"})
    assert scene.run("--kill", "stored:8")[0] == KILLED
    assert scene.run("--kill", "doubt settled:1")[0] == KILLED
    assert scene.run("--kill", "outcome queued:2")[0] == KILLED
    scene.complete()
    scene.check()


@pytest.mark.parametrize("scopes", ["minimal", "modify"])
def test_what_was_in_doubt_is_gone_and_another_has_its_message_id(
    scopes: Scopes, place: Arena
) -> None:
    """Gmail merges the other one into what nobody knows of: it must not be lost in there."""
    scene, user = place.scene(Row("none", "none", "message-id", scopes, "0"))
    scene.uploads = 1
    scene.configure()
    # The fourth is the first of three letters with one Message-ID.
    assert scene.run("--kill", "stored:4")[0] == KILLED
    first = [oracle.token(each.raw) for each in oracle.target(scene.mailbox)]
    assert "shared0" in first
    user.store.expunge(b"token shared0")
    scene.complete()
    held = {oracle.token(each.raw) for each in oracle.target(scene.mailbox)}
    assert held == {each.token for each in scene.wanted if each.end == "imported"}


@pytest.mark.parametrize("step", ["unsent", "stored", "outcome queued", "outcome committed"])
@pytest.mark.parametrize("policy", ["quarantine", "repair"])
def test_killed_while_a_from_is_mended(step: str, policy: str, new_scene: NewScene) -> None:
    """By the policy, or by a retry whose doubts the next run resolves without that option."""
    scene = new_scene("off")
    scene.complete()
    assert scene.target_faults() == []
    scene.configure(refused=policy)
    retry = ["retry", *(["--repair"] if policy == "quarantine" else [])]
    scene.wanted = mended(scene.wanted)
    assert scene.run("--kill", f"{step}:{MENDED.get(step, 1)}", command=retry)[0] == KILLED
    scene.run()
    # What had not been claimed is refused once more, where the policy does not mend it.
    scene.run(command=retry)
    scene.complete()
    scene.check()


MENDED = {"unsent": 4, "stored": 1}
"""Three are refused first: six uploads, and only mended ones are stored."""


@pytest.mark.parametrize("step", ["stored", "outcome uncommitted"][: 2 if FULL else 1])
@pytest.mark.parametrize("change", ["UIDVALIDITY changed", "folder renamed", "moved"])
def test_what_was_in_doubt_is_elsewhere_now(change: str, step: str, place: Arena) -> None:
    """Killed between the upload and the outcome; then its folder is made anew or renamed, or the
    message is moved."""
    scene, user = place.scene(Row("none", "none", "off", "modify", "0"))
    assert scene.run("--kill", f"{step}:{LATER[step]}")[0] == KILLED
    for folder in ("INBOX", PAPERS):
        if change == "UIDVALIDITY changed":
            user.store.revalidate(folder)
        elif change == "folder renamed" and folder != "INBOX":
            user.store.rename(folder, RENAMED)
        else:
            user.store.copy(b"\r\ntoken ", folder, "Elsewhere", move=True)
    scene.complete()
    assert len(oracle.target(scene.mailbox)) == sum(e.end == "imported" for e in scene.wanted)
    assert scene.document("verify", "--deep")["differences"] == []
