"""What is out whatever the sum says, what is open, and what to be warned of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assess.catalog.model import Catalog, Rule, Value
from assess.conditions import applies, holds
from assess.cost.formula import Money
from assess.result import Exclusion

WHOLE = {"onprem", "cloud", "status-quo"}
"""What a veto may exclude besides single products."""


@dataclass(frozen=True)
class Out:
    """What is left after the vetoes that hold."""

    onprem: bool
    cloud: bool
    share: float | None  # of mailboxes that must stay


class Vetoes:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._products = {
            f"{profile}/{edition}"
            for profile, each in catalog.profiles.items()
            for edition in each.editions
        }

    @property
    def product_questions(self) -> set[str]:
        """Those whose answers may take single products out, and so change the price."""
        limits = {limit.answer for veto in self._catalog.vetoes.values() for limit in veto.limits}
        return limits | {
            question
            for veto in self._catalog.vetoes.values()
            for rule in veto.rules
            if set(rule.excludes) - WHOLE
            for question in rule.when
        }

    def by_rule(self, values: Mapping[str, Value]) -> Iterator[Exclusion]:
        """All that holds, is open or is a warning, but for the limits of costs."""
        for key, veto in self._catalog.vetoes.items():
            for number, rule in enumerate(veto.rules):
                state = holds(rule.when, values)
                if state is False or (state is None and not self._open(rule, values)):
                    continue
                share = values.get(rule.partial) if rule.partial and state else None
                yield Exclusion(
                    veto=key,
                    state="open" if state is None else "holds" if rule.excludes else "warning",
                    excludes=list(rule.excludes),
                    rule=number,
                    answers={question: values.get(question) for question in rule.when},
                    partial=rule.partial is not None,
                    share=None if share is None else float(share),
                )

    def _open(self, rule: Rule, values: Mapping[str, Value]) -> bool:
        """Whether its missing answers can still make it hold and take something out.

        What isn't asked (own keys without a policy) is no open question.
        """
        questions = self._catalog.questions
        asked = [applies(key, questions, values) for key in rule.when if key not in values]
        return bool(rule.excludes) and True in asked and False not in asked

    def over(
        self, values: Mapping[str, Value], target: str, money: Money, likely: Money
    ) -> Iterator[Exclusion]:
        """The limits that `target` is over: onprem, or `profile/edition`.

        `money` at median prices decides on the running costs; `likely`, at the most likely
        prices, on the start: project prices are lopsided, and no veto rests on their tail.
        """
        for key, veto in self._catalog.vetoes.items():
            for number, limit in enumerate(veto.limits, len(veto.rules)):
                most = values.get(limit.answer)
                yen = likely.start if limit.cost == "start" else money.running
                if most is not None and yen > float(most):
                    yield Exclusion(
                        veto=key,
                        state="holds",
                        excludes=[target],
                        rule=number,
                        answers={limit.answer: most},
                    )

    def products_out(self, values: Mapping[str, Value]) -> frozenset[str]:
        """Profiles and editions that are out by an answer."""
        return (
            frozenset(
                each
                for exclusion in self.by_rule(values)
                if exclusion.state == "holds"
                for each in exclusion.excludes
            )
            - WHOLE
        )

    def out(self, exclusions: Sequence[Exclusion]) -> Out:
        """Which sides remain, by those that hold."""
        held = [each for each in exclusions if each.state == "holds"]
        gone = {each for e in held if e.share is None for each in e.excludes}
        shares = [each.share for each in held if each.share is not None]
        products = {each for each in self._products if {each, each.partition("/")[0]} & gone}
        return Out(
            onprem="onprem" in gone,
            cloud="cloud" in gone or products == self._products,
            share=max(shares, default=None),
        )

    @property
    def questions(self) -> set[str]:
        """All that the vetoes ask."""
        return set().union(*(veto.questions for veto in self._catalog.vetoes.values()))

    def blocking(self, exclusion: Exclusion) -> bool:
        return exclusion.state == "open" and self._catalog.vetoes[exclusion.veto].blocking
