"""The outcome from robustness and vetoes, and how much confidence it deserves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Literal

from assess.catalog.model import Value
from assess.fit.vetoes import Out, Vetoes
from assess.result import Exclusion, Outcome, Side

CLEAR = 0.2, 0.8
"""Robustness up to which on-premises is clearly ahead, and from which on the cloud is."""

CERTAIN = 0.1, 0.9
EVIDENCED = 0.8
CROSSING = 0.05
"""One unanswered question holds up an outcome if its answers lie so far on both sides of a half:
nearer, it would be the chance of the draws."""

HALF = 0.5
"""The share that is tried where it is unknown how many mailboxes must stay."""


def infeasible(out: Out) -> bool:
    """No side is left; a share that must stay on-premises needs one that is feasible."""
    return out.onprem and (out.cloud or out.share is not None)


def leaning(margin: float, out: Out) -> Side | None:
    """The feasible side that is ahead."""
    if infeasible(out):
        return None
    if out.onprem:
        return "cloud"
    return "cloud" if margin > 0 and not out.cloud else "on-prem"


def decide(robustness: float, out: Out) -> Outcome:
    """The outcome if nothing is open.

    Hybrid never wins on score, for a mix of two systems is at best the better one of them. It
    comes out where some mailboxes must stay and the others would not.
    """
    if infeasible(out):
        return "no-feasible-option"
    if out.onprem:
        return "cloud"
    if out.cloud or robustness <= CLEAR[0]:
        return "on-prem"
    if out.share is not None and robustness >= 0.5:
        return "hybrid"
    return "cloud" if out.share is None and robustness >= CLEAR[1] else "close-call"


def outcome(
    robustness: float,
    vetoes: Vetoes,
    exclusions: Sequence[Exclusion],
    shifts: Iterable[Mapping[Value, float]],
) -> Outcome:
    """`decide`, unless what nobody answered could make it another outcome.

    `shifts`: for each unanswered question the robustness by answer.
    """
    out = vetoes.out(exclusions)
    open_ones = [each for each in exclusions if each.state == "open"]
    settled = [each for each in exclusions if each not in open_ones]
    possible = {
        decide(robustness, vetoes.out([*settled, *_held(open_ones, states)]))
        for states in product((False, True), repeat=len(open_ones))
    }
    if len(possible) > 1:
        return "need-more-information"
    if not (out.onprem or out.cloud) and any(_crosses(each.values()) for each in shifts):
        return "need-more-information"
    return decide(robustness, out)


def _held(open_ones: Sequence[Exclusion], states: Sequence[bool]) -> Iterable[Exclusion]:
    for each, state in zip(open_ones, states, strict=True):
        if state:
            share = HALF if each.partial else None
            yield each.model_copy(update={"state": "holds", "share": share})


def _crosses(robustness: Iterable[float]) -> bool:
    found = list(robustness)
    return min(found) <= 0.5 - CROSSING and max(found) >= 0.5 + CROSSING


Missed = Literal["open-veto", "evidence", "robustness"]


def missed(*, open_veto: bool, evidenced: float, robustness: float) -> list[Missed]:
    """The conditions of full confidence that are not met; `evidenced`: share of the weight."""
    robust = not CERTAIN[0] < robustness < CERTAIN[1]
    conditions: list[tuple[bool, Missed]] = [
        (not open_veto, "open-veto"),
        (evidenced >= EVIDENCED, "evidence"),
        (robust, "robustness"),
    ]
    return [name for met, name in conditions if not met]


def conflict(exclusions: Sequence[Exclusion]) -> dict[str, Value]:
    """Of the answers that take both sides out, the fewest that can't all stay as they are.

    Where no veto takes the whole cloud out, all those do that took its products out.
    """
    held = [each for each in exclusions if each.state == "holds"]
    found: list[Exclusion] = []
    for side in ("onprem", "cloud"):
        against = [each for each in held if side in each.excludes]
        if against:
            found.append(min(against, key=lambda each: len(each.answers)))
        elif side == "cloud":
            found += [each for each in held if not {"onprem", "status-quo"} & set(each.excludes)]
    return {
        key: value for each in found for key, value in each.answers.items() if value is not None
    }
