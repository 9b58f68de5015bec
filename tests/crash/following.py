"""A second pass that is killed anywhere: the source has changed, and so has the user in Gmail.

What must come of it is worked out here by the rule of the design (docs/design.md, delta): per
label, what the source changed since the first pass is done, what the user changed stays.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from tests.crash import oracle
from tests.crash.arena import Arena
from tests.crash.imap import Store
from tests.crash.imap.server import User
from tests.crash.letters import Letter, seeds
from tests.crash.matrix import PAPERS, Row, Scopes
from tests.crash.scene import Scene
from tests.crash.trial import Result, changed, count, judge_end, kill_at_random, kill_at_step, weigh

ARCHIVE, CLIENTS = "Old/2023", "顧客/見積もり"
_ME = "/gmail/v1/users/me"
_LATE = datetime(2024, 7, 1, tzinfo=UTC)
FAULTS: Mapping[str, Sequence[tuple[str, dict[str, object]]]] = {
    "none": [],
    "500 after storing": [("*odify", {"status": 500, "when": "after"})],
    "cut after storing": [("*odify", {"drop": True, "when": "after"})],
    "half an answer": [("*", {"truncate": True})],
    "403 quota": [("*", {"error": "user-rate-limit"})],
    "slow": [("*odify", {"delay": 0.1})],
}


def rows() -> list[Row]:
    """Each way in which Gmail fails, in turns with the scopes and with and without merging; with
    `minimal` nothing follows."""
    scopes: Sequence[Scopes] = ("modify", "full")
    return [
        Row("none", target, ("message-id", "off")[number // 2 % 2], scopes[number % 2], "0")
        for number, target in enumerate(FAULTS)
    ]


def part(token: str) -> bytes:
    return f"\r\ntoken {token}\r\n".encode()


def late(number: int) -> Letter:
    """A letter that comes after the first pass."""
    token = f"late{number}"
    head = f"From: {token}@example.com\r\nMessage-ID: <{token}@example.com>\r\n"
    date = f"Date: Mon, 01 Jul 2024 00:0{number}:00 +0000\r\n"
    raw = f"{head}{date}\r\ntoken {token}\r\n".encode()
    place = (("INBOX", PAPERS)[number], frozenset[str]())
    return Letter(token, raw, _LATE.replace(minute=number), (place,))


def at_source(store: Store) -> None:
    """Flags, moves, copies, deletions, arrivals, and a folder that was made anew."""
    flags: Sequence[tuple[str, tuple[str, ...]]] = (
        ("plain1", ("\\Seen",)),
        ("plain0", ("\\Seen", "\\Flagged")),
        ("plain2", ()),
        ("plain4", ("\\Flagged",)),
        ("plain10", ("\\Seen",)),
        ("plain11", ("\\Flagged",)),
        ("copied1", ("\\Seen", "\\Flagged")),
        ("shared0", ("\\Seen", "\\Flagged")),
        ("draft0", ("\\Seen", "\\Draft", "\\Flagged")),
    )
    for token, wanted in flags:
        store.flag(part(token), wanted)
    store.copy(part("plain6"), "INBOX", PAPERS, move=True)
    store.copy(part("plain7"), "INBOX", CLIENTS)
    store.copy(part("plain9"), "INBOX", ARCHIVE, move=True)
    store.expunge(part("copied0"), PAPERS)
    store.expunge(part("plain8"))
    store.revalidate(PAPERS)
    for number in range(2):
        letter = late(number)
        ((folder, own),) = letter.places
        store.append(folder, letter.raw, own, letter.when)


def at_target(scene: Scene) -> None:
    """The user archives, stars, trashes, takes a label away and gives one of their own."""
    by_token = {oracle.token(each.raw): each for each in oracle.target(scene.mailbox)}
    ids = label_ids(scene)
    post(scene, "labels", {"name": "Mine"})
    mine = label_ids(scene)["Mine"]
    for token, change in {
        "plain4": {"removeLabelIds": ["INBOX"]},
        "plain10": {"addLabelIds": ["STARRED"]},
        "copied1": {"removeLabelIds": [ids[PAPERS]]},
        "plain14": {"addLabelIds": [mine]},
    }.items():
        post(scene, f"messages/{by_token[token].gmail_id}/modify", change)
    post(scene, f"messages/{by_token['plain11'].gmail_id}/trash", {})


def post(scene: Scene, path: str, body: object) -> None:
    status, answer = scene.mailbox.request(
        "POST", f"{_ME}/{path}", json.dumps(body).encode(), "application/json"
    )
    assert status == 200, answer


def label_ids(scene: Scene) -> dict[str, str]:
    answer = scene.mailbox.request("GET", f"{_ME}/labels")[1]
    return {each["name"]: each["id"] for each in answer["labels"]}


def merged(base: frozenset[str], source: frozenset[str], there: frozenset[str]) -> frozenset[str]:
    """Three-way, label by label."""
    return (there - (base - source)) | (source - base)


def second_pass(arena: Arena, row: Row, steps: Sequence[str], moments: int) -> Result:
    """Copy in peace, change both sides, kill the next pass again and again, judge."""
    scene, user = arena.scene(row)
    scene.seed({k: v for k, v in seeds().items() if k == "stranger"})
    scene.complete()
    at_source(user.store)
    at_target(scene)
    before = {oracle.token(each.raw): each.labels for each in oracle.target(scene.mailbox)}
    base = {each.token: each for each in scene.wanted}
    scene.script(*faults(row))
    result = Result(row, what="second pass")
    kill(scene, user, result, steps, moments)
    finish(scene, user, result)
    scene.wanted += [late(0), late(1)]
    now = changed(scene.wanted, user, readable=True)
    expected: dict[str, frozenset[str]] = {}
    for each in now:
        there = before.get(each.token)
        if there is None:
            expected[each.token] = each.labels()
        elif not each.places or base[each.token].draft or "TRASH" in there:
            expected[each.token] = there
        else:
            expected[each.token] = merged(base[each.token].labels(), each.labels(), there)
    # What is deleted at the source stays: by default that is only reported.
    wanted = [replace(each, places=each.places or base[each.token].places) for each in now]
    held = oracle.target(scene.mailbox)
    weigh(result, list(oracle.faults(wanted, held, scene.seeded, expected=expected)))
    judge_end(scene, user, result, now)
    return result


def faults(row: Row) -> Iterator[dict[str, object]]:
    for number, (method, effect) in enumerate(FAULTS[row.target]):
        name = f"gmail.users.messages.{method}"
        yield {"method": name, "probability": 0.15, "seed": row.seed + number, **effect}


def kill(
    scene: Scene,
    user: User,
    result: Result,
    steps: Sequence[str],
    moments: int,
    command: Sequence[str] = ("run",),
) -> None:
    """At the steps in their order, then at random."""
    chance = random.Random(result.row.seed)
    ways: list[Callable[[], None]] = [
        partial(kill_at_step, scene, result, each, chance, command) for each in steps
    ]
    at_random = partial(kill_at_random, scene, user, result, chance, command)
    ways += [at_random] * moments
    for each in ways:
        each()


def finish(scene: Scene, user: User, result: Result, command: Sequence[str] = ("run",)) -> None:
    """Type it until it is done: with the faults, then without."""
    for _ in range(8):
        code, _, told = scene.run(command=command)
        count(result, code, told)
        if code in (0, 3):
            break
    result.faults += user.hits + sum(scene.fault_hits())
    scene.script()
