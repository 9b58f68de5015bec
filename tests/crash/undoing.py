"""An undo that is killed anywhere and typed again, and the run that brings the mail back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.crash import oracle
from tests.crash.arena import Arena
from tests.crash.following import faults, finish, kill, label_ids, post
from tests.crash.letters import seeds
from tests.crash.matrix import Row
from tests.crash.oracle import Held
from tests.crash.scene import Scene
from tests.crash.trial import Result, changed, judge_end, weigh

UNDO = ("undo", "last")
TOUCHED = ("plain1", "plain4", "copied2")
"""What the user has read, starred or filed since the run."""


def undo(
    arena: Arena, row: Row, steps: Sequence[str], moments: int, *, given_up: bool = False
) -> Result:
    """Copy in peace, let the user touch some, kill the undo again and again, judge; then bring all
    back, killed too, and judge again. `given_up`: after the kills nobody types `undo` again, but
    `run`."""
    scene, user = arena.scene(row)
    scene.seed({k: v for k, v in seeds().items() if k == "stranger" or row.dedupe != "off"})
    before = {oracle.token(each.raw): each for each in oracle.target(scene.mailbox)}
    labels_before = set(label_ids(scene))
    scene.complete()
    _touch(scene)
    touched = {oracle.token(e.raw): e.labels for e in oracle.target(scene.mailbox)}
    result = Result(row, what="undo given up" if given_up else "undo")
    scene.script(*faults(row))
    kill(scene, user, result, steps, moments, UNDO)
    if not given_up:
        finish(scene, user, result, UNDO)
        there = oracle.target(scene.mailbox)
        result.wrong += list(_undone(scene, there, before, touched))
        result.wrong += [
            f"undone: label {each} is left over"
            for each in set(label_ids(scene)) - labels_before - _used(there)
        ]
    scene.script(*faults(row))
    kill(scene, user, result, steps[:1], moments - 1)
    finish(scene, user, result)
    expected = {each: touched[each] for each in TOUCHED}
    held = oracle.target(scene.mailbox)
    now = changed(scene.wanted, user, readable=True)
    weigh(result, list(oracle.faults(now, held, scene.seeded, expected=expected)))
    judge_end(scene, user, result, now)
    return result


def _touch(scene: Scene) -> None:
    by_token = {oracle.token(each.raw): each.gmail_id for each in oracle.target(scene.mailbox)}
    post(scene, "labels", {"name": "Mine"})
    mine = label_ids(scene)["Mine"]
    post(scene, f"messages/{by_token['plain1']}/modify", {"removeLabelIds": ["UNREAD"]})
    post(scene, f"messages/{by_token['plain4']}/modify", {"addLabelIds": ["STARRED"]})
    post(scene, f"messages/{by_token['copied2']}/modify", {"addLabelIds": [mine]})


def _undone(
    scene: Scene,
    there: Sequence[Held],
    before: dict[str, Held],
    touched: dict[str, frozenset[str]],
) -> Iterator[str]:
    """Exactly what the run made is in Trash; the rest is as it was, or as the user left it."""
    found = {oracle.token(each.raw): each for each in there}
    if len(found) != len(there):
        yield "undone: something is there twice"
    for token, each in found.items():
        if token in before:
            if each.labels != before[token].labels:
                yield f"undone: {token}, there before us, has {set(each.labels)}"
        elif token in TOUCHED:
            if each.labels != touched[token]:
                yield f"undone: {token}, touched, has {set(each.labels)}"
        elif "TRASH" not in each.labels:
            yield f"undone: {token} is not in Trash: {set(each.labels)}"
    if missing := touched.keys() - found.keys():
        yield f"undone: {missing} are gone"


def _used(there: Sequence[Held]) -> set[str]:
    """Labels, with those above them, of what is not in Trash."""
    names = {name for each in there if "TRASH" not in each.labels for name in each.labels}
    return names | {name.rpartition("/")[0] for name in names} | {"Mine"}
