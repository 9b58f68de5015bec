"""Scripted failures: which request fails, how, and whether before or after the work is done.

A rule (JSON object or TOML table of `rules`, see `docs/sandbox.md`) says which requests it means:
`method` (a glob over method ids; the token endpoint is `token`), `user`, and `nth` (number or
list, counted over the requests the rule's method and user match), `every` or `probability` (with
`seed`); at most `times` hits. And what happens: `delay` seconds, `hold` until somebody releases it,
and one of `status`, `error` (a name of `http/named_errors.toml`), `drop`, `truncate`, `drop_idle`,
`when` it is `before` (default) or `after` the work.
"""

from __future__ import annotations

import asyncio
import json
import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from migrate.sandbox.access.keys import PROJECT_NUMBER
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.named import (
    ERRORS,
    host,
    is_of_token_endpoint,
    no_token,
    refused,
    wants_time,
)
from migrate.sandbox.http.request import JSON, Answer, dump, failure

WAITS = ("delay", "hold")
ACTIONS = ("status", "error", "drop", "truncate", "drop_idle")
TOKEN = "token"  # noqa: S105 - the name of the token endpoint


TYPES = {
    "method": str,
    "user": str,
    "every": int,
    "probability": int | float,
    "times": int,
    "delay": int | float,
    "hold": bool,
    "status": int,
    "message": str,
    "reason": str,
    "headers": dict,
    "nth": int | list,
}


class FaultError(ValueError):
    """A fault file that can't be understood; the message says where."""


@dataclass(slots=True)
class Rule:
    method: str = "*"
    user: str | None = None
    nth: Sequence[int] | int | None = None
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    times: int | None = None
    when: Literal["before", "after"] = "before"
    delay: float = 0.0
    hold: bool = False
    status: int | None = None
    error: str | None = None
    retry_after: float = 0.0
    """Seconds; for an error that names the time."""
    reason: str | None = None
    message: str | None = None
    body: Any = None
    """Answered instead of Google's error shape: text, or JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    truncate: bool = False
    drop_idle: bool = False
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible on purpose

    def hit(self, method: str, user: str | None) -> bool:
        """Count a request; whether the rule strikes it."""
        if not fnmatchcase(method, self.method) or (self.user is not None and user != self.user):
            return False
        self.seen += 1
        if self.times is not None and self.hits >= self.times:
            return False
        nth = (self.nth,) if isinstance(self.nth, int) else self.nth
        struck = (
            (nth is None or self.seen in nth)
            and (self.every is None or self.seen % self.every == 0)
            and (self.probability is None or self._random.random() < self.probability)
        )
        self.hits += struck
        return struck

    @property
    def answers(self) -> bool:
        return self.status is not None or self.error is not None

    def answer(self, method: str, user: str | None, now: float) -> Answer:
        """What a rule with a status or an error answers to this call at this time."""
        answer = self._named(method, user, now) if self.error else self._composed()
        lines = ((key.lower().encode(), str(each).encode()) for key, each in self.headers.items())
        return answer._replace(headers=(JSON, *lines))

    def _named(self, method: str, user: str | None, now: float) -> Answer:
        assert self.error is not None
        if is_of_token_endpoint(self.error):
            error = no_token(self.error, grant_type="")
            return Answer(error.status, dump(error.body, True))
        until = datetime.fromtimestamp(now + self.retry_after, UTC)
        given = {
            "method": method,
            "service": host(method),
            "project": PROJECT_NUMBER,
            "retry": until.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "user": user or "",
        }
        return failure(refused(self.error, **given))

    def _composed(self) -> Answer:
        assert self.status is not None
        if self.body is not None:
            text = self.body if isinstance(self.body, str) else json.dumps(self.body)
            return Answer(self.status, text.encode())
        default = "Backend Error" if self.status >= 500 else "Injected fault"
        return failure(ApiError(self.status, self.message or default, reason=self.reason))


class Faults:
    """All rules in force; of those that strike a request the first one acts."""

    def __init__(self, rules: list[Rule] | None = None) -> None:
        self.rules = rules or []
        self._held: list[asyncio.Future[None]] = []

    @property
    def held(self) -> int:
        """Requests that wait for `release`, also by rules that are no longer in force."""
        return len(self._held)

    async def wait(self, rule: Rule) -> None:
        """As long as the rule says."""
        await asyncio.sleep(rule.delay)
        if rule.hold:
            self._held.append(gate := asyncio.get_running_loop().create_future())
            await gate

    def release(self) -> int:
        """Let all that is held go on, in the order it came; how many that are."""
        gates, self._held = self._held, []
        for each in gates:
            if not each.done():  # cancelled when the server stops
                each.set_result(None)
        return len(gates)

    def strike(self, method: str, user: str | None) -> Rule | None:
        # Every rule counts every request, so that `nth` does not depend on its neighbours.
        struck = [rule for rule in self.rules if rule.hit(method, user)]
        return struck[0] if struck else None


def load(path: Path) -> list[Rule]:
    """Rules of a .toml or .json file; FaultError."""
    text = path.read_text("utf-8")
    try:
        return parse(tomllib.loads(text) if path.suffix == ".toml" else json.loads(text))
    except ValueError as error:
        raise FaultError(f"{path.name}: {error}") from error


def parse(document: Any) -> list[Rule]:
    """Rules from a list, or a mapping with `rules`; FaultError."""
    rules = document.get("rules") if isinstance(document, dict) else document
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        raise FaultError("a list of rules is wanted")
    return [_rule(number, each) for number, each in enumerate(rules, 1)]


def _rule(number: int, spec: dict[str, Any]) -> Rule:
    known = {name for name in Rule.__dataclass_fields__ if Rule.__dataclass_fields__[name].init}
    if unknown := sorted(spec.keys() - known):
        raise FaultError(f"rule {number}: unknown {', '.join(unknown)}")
    if not any(spec.get(each) for each in (*WAITS, *ACTIONS)):
        raise FaultError(f"rule {number}: one of {', '.join((*WAITS, *ACTIONS))} is wanted")
    if sum(bool(spec.get(action)) for action in ACTIONS) > 1:
        raise FaultError(f"rule {number}: only one of {', '.join(ACTIONS)} at a time")
    if name := spec.get("error"):
        _check_named(f"rule {number}", name, spec)
    if spec.get("when", "before") not in ("before", "after"):
        raise FaultError(f"rule {number}: when is before or after")
    for field_, kinds in TYPES.items():
        # A bool is an int to Python, and only `hold` may be one.
        given = spec.get(field_)
        if not isinstance(given, kinds | None) or (given is True and kinds is not bool):
            raise FaultError(f"rule {number}: {field_} can't be {given!r}")
    if spec.get("every") == 0:
        raise FaultError(f"rule {number}: every begins with 1")
    return Rule(**spec)


def _check_named(where: str, name: Any, spec: dict[str, Any]) -> None:
    if not isinstance(name, str) or name not in ERRORS:
        raise FaultError(f"{where}: unknown error {name}; known are {', '.join(sorted(ERRORS))}")
    if is_of_token_endpoint(name) != (spec.get("method") == TOKEN):
        there = f'with method = "{TOKEN}"'
        only = f"only {there}" if is_of_token_endpoint(name) else f"not {there}"
        raise FaultError(f"{where}: {name} is answered {only}")
    if wants_time(name) != isinstance(spec.get("retry_after"), int | float):
        wanted = "wants retry_after, in seconds" if wants_time(name) else "has no retry_after"
        raise FaultError(f"{where}: {name} {wanted}")
