"""The matrix: how the source fails × how the target fails × merging × scopes × search lag.

Rows are sampled so that every two values of different dimensions meet in one of them (pairwise).
They follow from SEED, as everything that happens in them does, as far as a process that is killed
can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Any, Literal

from tests.crash.imap import Rule, Store

SEED = 20260501
UPLOADS = ("gmail.users.messages.i*", "gmail.users.drafts.create")
QUOTA: Mapping[str, Sequence[str]] = {
    "403 quota": (
        "quota-user",
        "quota-user-legacy",
        "quota-project",
        "user-rate-limit",
        "rate-limit",
    ),
    "retry after": ("retry-after", "retry-after-403"),
    "concurrency": ("too-many-concurrent",),
    "day quota": ("daily-limit",),
}
"""Every shape in which a quota is known to refuse, as the sandbox names them; of several a
migration meets one after the other."""
_SECONDS = 0.3
"""That "Retry after" names."""

Scopes = Literal["minimal", "modify", "full"]


@dataclass(frozen=True, slots=True)
class Row:
    source: str
    target: str
    dedupe: str
    scopes: Scopes
    lag: str

    @property
    def seed(self) -> int:
        return random.Random(f"{SEED} {self}").randrange(10**6)


def source_rules(name: str, seed: int) -> list[Rule]:
    """What the IMAP server does under this name; a `change` picks what it changes by `seed`."""
    chance = random.Random(seed)
    return {
        "none": [],
        "cut in a literal": [Rule("BODY", "cut", nth={7, 21, 36, 58, 83, 120})],
        "login refused": [
            Rule("LOGIN", "refuse", nth={2, 3, 5, 6, 7, 9}),
            Rule("BODY", "close", nth={11, 33}),
        ],
        "login cut": [
            Rule("LOGIN", "close", nth={2, 4, 7}),
            Rule("BODY", "close", nth={13, 35}),
        ],
        "folder renamed": [Rule("BODY", "change", nth={23}, change=_rename)],
        "UIDVALIDITY changed": [
            Rule("BODY", "change", nth={14}, change=lambda store: store.revalidate("INBOX")),
            Rule("BODY", "change", nth={47}, change=lambda store: store.revalidate(PAPERS)),
        ],
        "expunged": [Rule("BODY", "change", every=6, times=8, change=_expunging(chance))],
        "sizes that lie": [],
        "slow": [
            Rule("BODY", probability=0.3, seed=seed, delay=0.03),
            Rule("SCAN", probability=0.3, seed=seed, delay=0.1),
        ],
    }[name]


PAPERS, RENAMED = "Papers/2024", "Papers/2025"


def prepare(name: str, store: Store, seed: int) -> None:
    """What is wrong with the source from the start."""
    if name == "sizes that lie":
        lies: Sequence[Callable[[int], int]] = (
            lambda size: 0,
            lambda size: size // 2,
            lambda size: 3 * size + 1,
        )
        store.size = lies[seed % len(lies)]


def _rename(store: Store) -> None:
    store.rename(PAPERS, RENAMED)


def _expunging(chance: random.Random) -> Callable[[Store], None]:
    """Deletes a letter, all its copies or one, each time another; none that is refused, left out,
    there before us or filed as a draft and as a message."""

    def expunge(store: Store) -> None:
        tokens = [f"plain{number}" for number in (*range(5), *range(6, 13), *range(14, 22))]
        tokens += [f"copied{number}" for number in range(5)] + ["draft0", "draft1", "shared1"]
        there = [each for each in tokens if store.where(_part(each))]
        token = chance.choice(there)
        folders = sorted({folder for folder, _ in store.where(_part(token))})
        only = chance.choice(folders) if len(folders) > 1 and chance.random() < 0.5 else None
        store.expunge(_part(token), only)

    return expunge


def _part(token: str) -> bytes:
    return f"\r\ntoken {token}\r\n".encode()


def target_rules(name: str, seed: int) -> Iterator[dict[str, Any]]:
    """Rules of the sandbox (`migrate/sandbox/limits/faults.py`) under this name."""
    if name == "all at once":
        for number, rule in enumerate(ALL_AT_ONCE):
            yield {"seed": seed + number, **rule}
        return
    if name in QUOTA:
        yield from _quotas(name, seed)
        return
    uploads: Mapping[str, list[tuple[float, dict[str, Any]]]] = {
        "none": [],
        "cut before": [(0.12, {"drop": True})],
        "cut after storing": [
            (0.06, {"drop": True, "when": "after"}),
            (0.06, {"drop_idle": True, "when": "after"}),
        ],
        "500 after storing": [(0.12, {"status": 500, "when": "after"})],
        "half an answer": [(0.12, {"truncate": True})],
        "slow": [(0.5, {"delay": 0.12, "when": "after"}), (1.0, {"delay": 0.12})],
    }
    number = 0
    for probability, effect in uploads[name]:
        for method in UPLOADS:
            number += 1
            yield {"method": method, "probability": probability, "seed": seed + number, **effect}
        for method in (*READS, *WRITES):
            # Half an answer, or none, of a read; a label that is there though nobody says so.
            number, often = number + 1, 0.3 if "create" in method else 0.06
            yield {"method": method, "probability": often, "seed": seed + number, **effect}


def _quotas(name: str, seed: int) -> Iterator[dict[str, Any]]:
    shapes = QUOTA[name]
    # The day's quota ends a run: it may do so three times.
    times = {"times": 3} if name == "day quota" else {}
    for number, shape in enumerate(shapes):
        named = {"retry_after": _SECONDS} if name == "retry after" else {}
        for place, method in enumerate((*UPLOADS, *(READS if not times else ()))):
            yield {
                "method": method,
                "probability": (0.15 if method in UPLOADS else 0.06) / len(shapes),
                "seed": seed + 10 * number + place,
                "error": shape,
                **named,
                **times,
            }


READS = ("gmail.users.messages.get", "gmail.users.history.list", "gmail.users.messages.list")
WRITES = ("gmail.users.labels.create", "gmail.users.messages.modify")
ALL_AT_ONCE: Sequence[dict[str, Any]] = [
    {"method": UPLOADS[0], "probability": 0.12, "status": 500, "when": "after"},
    {"method": UPLOADS[0], "probability": 0.08, "drop": True, "when": "after"},
    {"method": UPLOADS[0], "probability": 0.05, "drop": True},
    {"method": UPLOADS[0], "probability": 0.10, "drop_idle": True, "when": "after"},
    {"method": UPLOADS[0], "probability": 0.08, "truncate": True},
    {"method": UPLOADS[0], "probability": 0.05, "error": "user-rate-limit"},
    {"method": UPLOADS[0], "probability": 0.50, "delay": 0.15, "when": "after"},
    {"method": UPLOADS[0], "probability": 1.00, "delay": 0.15},
    {"method": "gmail.users.messages.get", "probability": 0.05, "drop": True},
    {"method": "gmail.users.history.list", "probability": 0.10, "status": 503},
    {"method": "gmail.users.labels.create", "probability": 0.30, "status": 500, "when": "after"},
    {"method": "token", "probability": 0.20, "truncate": True},
]


SOURCES = (
    "none",
    "cut in a literal",
    "login refused",
    "login cut",
    "folder renamed",
    "UIDVALIDITY changed",
    "expunged",
    "sizes that lie",
    "slow",
)
TARGETS = (
    "none",
    "cut before",
    "cut after storing",
    "500 after storing",
    "half an answer",
    "slow",
    "all at once",
    *QUOTA,
)
DIMENSIONS: Mapping[str, Sequence[str]] = {
    "source": SOURCES,
    "target": TARGETS,
    "dedupe": ("message-id", "off"),
    "scopes": ("minimal", "modify", "full"),
    "lag": ("0", "120s"),
}


@cache
def rows() -> tuple[Row, ...]:
    """A small set in which each pair of values occurs, always the same."""
    names = list(DIMENSIONS)
    chance = random.Random(SEED)
    missing = {
        frozenset({(a, x), (b, y)})
        for a, b in combinations(names, 2)
        for x, y in product(DIMENSIONS[a], DIMENSIONS[b])
    }
    found = []
    while missing:
        # Built around a pair that is still missing, with what brings most others.
        wanted = dict(min(missing, key=sorted))
        best = max(
            (
                wanted | {n: chance.choice(DIMENSIONS[n]) for n in names if n not in wanted}
                for _ in range(40)
            ),
            key=lambda given: len(missing & pairs(given)),
        )
        missing -= pairs(best)
        found.append(Row(**{name: best[name] for name in names}))  # type: ignore[arg-type]
    return tuple(found)


def pairs(given: Mapping[str, str]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(each) for each in combinations(given.items(), 2)}


def sample() -> list[Row]:
    """The suite's everyday subset: each way in which a source fails once, each time with another
    way of the target, and each value of the rest."""
    ways = set(TARGETS) - {"403 quota", "concurrency"}
    scopes = DIMENSIONS["scopes"]
    found: list[Row] = []
    for number, source in enumerate(SOURCES):
        taken = {each.target for each in found}
        fitting = [
            row
            for row in rows()
            if row.source == source and row.target in ways and row.target not in taken
        ]
        # False before true: a row with the scopes whose turn it is, if there is one.
        found.append(min(fitting, key=lambda row: (row.scopes != scopes[number % 3], row.seed)))
    return found
