"""Weights of one's own by swing weighting: what is it worth to go from worst to best?

Wording and method: Multi-criteria analysis: a manual, Department for Communities and Local
Government 2009, chapter 6 (weights mean ranges, not importance as such).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unicodedata import normalize

from assess.answers import Answers
from assess.catalog.model import Catalog, Criterion
from assess.interview.dialogue import keys, reply, tell_keys
from assess.interview.screen import Card, Screen
from assess.texts import Texts

FULL = 100.0


def dialogue(
    catalog: Catalog,
    answers: Answers,
    screen: Screen,
    texts: Texts,
    save: Callable[[Answers], None],
) -> bool:
    """Ask, save and show the result as percentages; False if the person quits, nothing is saved."""
    weights = weigh(catalog, screen, texts)
    if weights is None:
        return False
    save(replace(answers, weights=weights))
    screen.say(texts("ask.weights.result"))
    for name, share in percentages(weights).items():
        screen.say(f"  {catalog.criteria[name].name(texts.lang)}: {share:.0f}%")
    return True


def weigh(catalog: Catalog, screen: Screen, texts: Texts) -> dict[str, float] | None:
    """Criterion -> swing, 100 for the one that is raised first; None if the person quits."""
    given: dict[str, float] = {}
    while left := [each for each in catalog.criteria if each not in given]:
        first = next(iter(given), None)
        criterion = catalog.criteria[left[0]]
        asked = _other(catalog, given, left, texts) if first else _first(catalog, texts)
        match reply(screen, asked):
            case "b":
                if given:
                    given.popitem()
                else:
                    screen.say(texts("ask.first"))
            case "w":
                screen.say(criterion.reason(texts.lang) if first else texts("ask.weights.why"))
            case "q":
                return None
            case "?":
                tell_keys(screen, asked, texts("ask.weights.help"))
            case typed:
                number = _number(typed, FULL if first else len(left))
                if number is None or not (first or number):
                    screen.say(texts("ask.weights.range" if first else "ask.empty"))
                elif first:
                    given[left[0]] = number
                else:
                    given[left[int(number) - 1]] = FULL
    return given


def percentages(weights: dict[str, float]) -> dict[str, float]:
    """The same weights as parts of 100."""
    whole = sum(weights.values())
    return {each: 100 * weight / whole for each, weight in weights.items()}


def _number(typed: str, most: float) -> float | None:
    """A whole number from 0 to `most`, or None."""
    text = normalize("NFKC", typed)
    return float(text) if text.isdecimal() and int(text) <= most else None


def _first(catalog: Catalog, texts: Texts) -> Card:
    return Card(
        heading=texts("ask.weights.heading", place=1, count=len(catalog.criteria)),
        text=texts("ask.weights.first"),
        prompt=texts("ask.prompt.choice"),
        keys=_keys(texts),
        menu=texts("ask.prompt.menu"),
        options=tuple(each.name(texts.lang) for each in catalog.criteria.values()),
        remarks=tuple(_swing(each, texts) for each in catalog.criteria.values()),
    )


def _other(catalog: Catalog, given: dict[str, float], left: list[str], texts: Texts) -> Card:
    first = catalog.criteria[next(iter(given))].name(texts.lang)
    count = len(catalog.criteria)
    return Card(
        heading=texts("ask.weights.heading", place=len(given) + 1, count=count),
        text=texts(
            "ask.weights.other", first=first, swing=_swing(catalog.criteria[left[0]], texts)
        ),
        prompt=texts("ask.weights.prompt"),
        keys=_keys(texts),
    )


def _keys(texts: Texts) -> dict[str, str]:
    return keys(texts, "bwq?") | {"q": texts("ask.weights.quit")}


def _swing(criterion: Criterion, texts: Texts) -> str:
    return texts(
        "ask.weights.swing",
        name=criterion.name(texts.lang),
        worst=criterion.worst(texts.lang),
        best=criterion.best(texts.lang),
    )
