"""One row of the matrix: killed again and again, run to its end, and judged."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from multiprocessing.process import BaseProcess
from typing import Any

from tests.crash import oracle
from tests.crash.arena import Arena
from tests.crash.imap.server import User
from tests.crash.killer import LATER, STEPS
from tests.crash.letters import Letter, seeds
from tests.crash.matrix import Row, target_rules
from tests.crash.scene import KILLED, PATIENCE, Scene

STEPS_EACH, MOMENTS = 2, 3
"""Kills that a row of the full matrix gets, at named steps and at random moments; a migration that
is done before its moment is not killed."""
ENOUGH = 8
"""Runs after which a migration must be complete, whatever keeps failing."""
LONGEST = 1.2
"""Seconds in which a process dies that dies by the clock."""
SHARING = ("shared", "draft")
"""How the tokens begin of letters that have their Message-ID in common."""
SHELF = "Drafts (imported)"
"""Where drafts go that nobody may make, with the scopes `minimal`."""


@dataclass
class Result:
    row: Row
    what: str = "copy"
    """What was killed: `copy`, `second pass` or `undo`."""
    kills: int = 0
    steps: list[str] = field(default_factory=list)
    """The named steps at which it was killed."""
    faults: int = 0
    """That struck, at the source and at the target."""
    lost: int = 0
    twice: int = 0
    allowed: int = 0
    """How many may be there twice, by the guarantee of the scopes."""
    sums: bool = False
    """The sums close in every folder, and cover what the source holds."""
    wrong: list[str] = field(default_factory=list)
    """Everything else."""
    details: list[str] = field(default_factory=list)
    """Which are lost or there twice."""

    @property
    def passed(self) -> bool:
        return not (self.lost or self.wrong) and self.sums and self.twice <= self.allowed


def steps_of(number: int, count: int) -> list[str]:
    """The steps for the row with this number: after all rows each has been used often."""
    names = [each for each in STEPS if each != "doubt settled"]
    start = number * count % len(names)
    return list(islice(cycle(names), start, start + count))


def trial(arena: Arena, row: Row, steps: Sequence[str], moments: int) -> Result:
    """Kill at these steps and at so many random moments, complete, judge."""
    scene, user = arena.scene(row)
    # With `minimal` nobody can see what an import is merged into: docs/reliability.md.
    if row.scopes != "minimal":
        # Where nothing is merged the same bytes are not found: they are there twice, as documented.
        before = seeds().items()
        scene.seed({k: v for k, v in before if k == "stranger" or row.dedupe == "message-id"})
    result = Result(row)
    chance = random.Random(row.seed)
    scene.script(*target_rules(row.target, row.seed))
    # The first steps lie at the beginning of a migration, most of the others all along its way.
    for step in steps[:1]:
        kill_at_step(scene, result, step, chance)
    for _ in range(moments):
        kill_at_random(scene, user, result, chance)
    for step in steps[1:]:
        kill_at_step(scene, result, step, chance)
    _finish(scene, user, result)
    _judge(scene, user, result)
    return result


def kill_at_step(
    scene: Scene,
    result: Result,
    step: str,
    chance: random.Random,
    command: Sequence[str] = ("run",),
) -> None:
    """Not killed if it is not so often passed."""
    passage = chance.randint(1, LATER.get(step, 1))
    code, _, told = scene.run("--kill", f"{step}:{passage}", command=command)
    count(result, code, told, step)


def kill_at_random(
    scene: Scene,
    user: User,
    result: Result,
    chance: random.Random,
    command: Sequence[str] = ("run",),
) -> None:
    child = scene.fork(command=command)
    _at_random(scene, user, child, chance)
    child.kill()
    child.join()
    count(result, child.exitcode, scene.told())


def count(result: Result, code: int | None, told: str, step: str = "") -> None:
    if code == KILLED:
        result.kills += 1
        result.steps += [step] if step else []
    elif code not in (0, 3, 4, 5):
        result.wrong.append(f"exit {code}: {told[-500:]}")


def _at_random(scene: Scene, user: User, child: BaseProcess, chance: random.Random) -> None:
    """Wait for a moment: by the clock, by what the source or by what the target has been asked."""
    kind = chance.randrange(3)
    if kind == 0:
        child.join(chance.uniform(0.1, LONGEST))
        return

    def asked() -> int:
        return user.commands if kind == 1 else scene.asked()

    start, more = asked(), chance.randint(1, 25 if kind == 1 else 10)
    deadline = time.monotonic() + PATIENCE
    while child.is_alive() and asked() < start + more and time.monotonic() < deadline:
        time.sleep(0.003)
    time.sleep(chance.uniform(0, 0.03))


def _finish(scene: Scene, user: User, result: Result) -> None:
    """Run with the faults that are left, then once without any."""
    for _ in range(ENOUGH):
        code, _, told = scene.run()
        count(result, code, told)
        if code in (0, 3):
            break
    hits = scene.fault_hits()
    rules = target_rules(result.row.target, result.row.seed)
    lost_answers = sum(count for rule, count in zip(rules, hits, strict=True) if unheard(rule))
    if user.rules and not user.hits:
        result.wrong.append("the source never failed")
    if result.row.target != "none" and not sum(hits):
        result.wrong.append("the target never failed")
    result.faults = user.hits + sum(hits)
    result.allowed = scene.uploads * result.kills + lost_answers
    scene.script()
    user.rules = []
    code, _, told = scene.run()
    if code != scene.code:
        result.wrong.append(f"the last run ends with {code}: {told[-500:]}")


def _judge(scene: Scene, user: User, result: Result) -> None:
    readable = result.row.scopes != "minimal"
    if not readable:
        scene.wanted = [_shelved(each) for each in scene.wanted]
    now = changed(scene.wanted, user, readable)
    there = oracle.target(scene.mailbox)
    restless = result.row.source == "UIDVALIDITY changed"
    found = list(oracle.faults(now, there, scene.seeded, before=scene.wanted, restless=restless))
    twice = weigh(result, found)
    _allowance(scene, result, now, twice)
    judge_end(scene, user, result, now)


def weigh(result: Result, found: Sequence[str]) -> list[str]:
    """Put into the result what the oracle found; what is there twice is handed back."""
    twice = [each for each in found if each.startswith("twice")]
    lost = [each for each in found if each.startswith("lost")]
    result.lost, result.details = len(lost), [*twice, *lost]
    result.twice = sum(int(each.rsplit(" ", 2)[1]) - 1 for each in twice)
    result.wrong += [each for each in found if each not in result.details]
    return twice


def judge_end(scene: Scene, user: User, result: Result, now: Sequence[Letter]) -> None:
    """The sums, the verification, and one more run."""
    result.wrong += list(_sums(scene, user, now))
    result.sums = not any(each.startswith("sums") for each in result.wrong)
    if result.row.scopes != "minimal":
        verified = scene.document("verify", "--deep")
        result.wrong += [f"verify: {each}" for each in verified["differences"]]
    before = scene.asked()
    scene.run()
    if scene.asked() != before:
        result.wrong.append("a run with nothing to do uploaded something")


def unheard(rule: Mapping[str, Any]) -> bool:
    """Whether Gmail does what is asked, and nobody hears of it."""
    cut = any(rule.get(each) for each in ("status", "drop", "drop_idle"))
    return bool(rule.get("truncate")) or (cut and rule.get("when") == "after")


def _allowance(scene: Scene, result: Result, now: Sequence[Letter], twice: Sequence[str]) -> None:
    """How many may be there twice: none where Gmail can be read. With `minimal` what was under way
    at a kill, what went in unheard, and what came into another folder later, to which only an
    upload can bring the label; but where Gmail merges, none whose Message-ID is its own."""
    if result.row.scopes != "minimal":
        result.allowed = 0
        return
    pairs = zip(scene.wanted, now, strict=True)
    result.allowed += sum(
        bool({f for f, _ in there.places} - {f for f, _ in then.places}) for then, there in pairs
    )
    if result.row.dedupe != "off":
        result.wrong += [each for each in twice if not each.split()[1].startswith(SHARING)]


def changed(wanted: Sequence[Letter], user: User, readable: bool) -> list[Letter]:
    """The letters with the places that they have at the source now."""
    live: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for folder, message in user.store.live():
        found = oracle.token(message.raw)
        place = (SHELF if folder == "Drafts" and not readable else folder, message.flags)
        live.setdefault(found, []).append(place)
    return [replace(each, places=tuple(live.get(each.token, ()))) for each in wanted]


def _shelved(letter: Letter) -> Letter:
    places = ((SHELF if folder == "Drafts" else folder, flags) for folder, flags in letter.places)
    return replace(letter, places=tuple(places))


def _sums(scene: Scene, user: User, now: Sequence[Letter]) -> Iterator[str]:
    """Every folder's classes add up to what the source holds there now."""
    status = scene.document("status")
    there = Counter(folder for folder, _ in user.store.live())
    told = {
        each["name"]: dict(each["totals"])
        for account in status["accounts"]
        for each in account["folders"]
    }
    for name, totals in told.items():
        if totals.pop("source") != sum(totals.values()) or sum(totals.values()) != there[name]:
            yield f"sums: {name} holds {there[name]}: {totals}"
    if missing := +(there - Counter(dict.fromkeys(told, 10**6))):
        yield f"sums: {dict(missing)} are not told of"
    totals = status["totals"]
    refused = sum(len(each.places) for each in now if each.end == "quarantined")
    skipped = sum(len(each.places) for each in now if each.end == "skipped")
    if (totals["pending"], totals["quarantined"], totals["skipped"]) != (0, refused, skipped):
        yield f"sums: {totals}"
    kept = {each.read_bytes() for each in scene.directory.glob("quarantine/*/*.eml")}
    if kept != {each.raw for each in now if each.end == "quarantined" and each.places}:
        yield "sums: the quarantine holds something else"
