"""What both sides cost for given answers, and which cloud that is.

A budget is a veto of its own kind: it hangs on the costs. So an edition that is over it makes room
for the next that suits, and the cloud is out only when all of them are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from assess.catalog.model import Catalog, Value
from assess.cost.editions import choose
from assess.cost.formula import Money, Prices, Situation, cloud, onprem
from assess.cost.prices import medians
from assess.cost.situation import answer, situation, within
from assess.fit.vetoes import Vetoes
from assess.result import Exclusion

Key = tuple[Value | None, ...]
Sides = tuple[Money, Money]
"""What on-premises and the cloud cost."""
Selected = tuple[str, list[Exclusion]]
"""The edition that is priced, and those before it that are over a limit."""


class Pricing:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.vetoes = Vetoes(catalog)
        self.prices = medians(catalog.costs)
        self._modes = {row: each.mode for row, each in catalog.costs.items()}
        self._selections: dict[Key, Selected] = {}
        self._money: dict[Key, Sides] = {}

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """Those whose answers change what a mailbox costs, in catalogue order."""
        products = self.vetoes.product_questions
        return tuple(
            key
            for key, question in self.catalog.questions.items()
            if question.reference is not None or key in products
        )

    def edition(self, values: Mapping[str, Value]) -> str:
        """The cloud that is priced: the best that is not out, else what would be without vetoes."""
        return self._selected(values)[0]

    def exclusions(self, values: Mapping[str, Value]) -> list[Exclusion]:
        """All that holds, is open or is a warning."""
        own = (onprem(situation(values, self.catalog), p) for p in (self.prices, self._modes))
        return [
            *self.vetoes.by_rule(values),
            *self.vetoes.over(values, "onprem", *own),
            *self._selected(values)[1],
        ]

    def _selected(self, values: Mapping[str, Value]) -> Selected:
        key = self._priced_by(values)
        if key not in self._selections:
            self._selections[key] = self._select(values)
        return self._selections[key]

    def _select(self, values: Mapping[str, Value]) -> Selected:
        """The first that suits and is within the limits; what is over them is out."""
        setting = situation(values, self.catalog)
        kind = str(answer("organisation", values, self.catalog))
        tried: list[str] = []
        over: list[Exclusion] = []
        out = self.vetoes.products_out(values)
        while edition := choose(self.catalog, setting, kind, {*out, *tried}):
            found = list(
                self.vetoes.over(
                    values,
                    edition,
                    self._cloud(setting, edition, self.prices),
                    self._cloud(setting, edition, self._modes),
                )
            )
            if not found:
                return edition, over
            tried.append(edition)
            over += found
        if tried:
            limits = {each.rule: each for each in reversed(over)}.values()
            return tried[0], [e.model_copy(update={"excludes": ["cloud"]}) for e in limits]
        profile, each = next(iter(self.catalog.profiles.items()))
        last = f"{profile}/{list(each.editions)[-1]}"
        return choose(self.catalog, setting, kind, ()) or last, []

    def _priced_by(self, values: Mapping[str, Value]) -> Key:
        """What of the answers the costs depend on: many others change, and they don't."""
        return tuple(values.get(each) for each in self.questions)

    def money(self, values: Mapping[str, Value]) -> Sides:
        """What on-premises and the cloud cost, each price at its median."""
        key = self._priced_by(values)
        if key not in self._money:
            self._money[key] = self.priced(values, self.prices)
        return self._money[key]

    def priced(self, values: Mapping[str, Value], prices: Prices) -> Sides:
        setting = situation(values, self.catalog)
        return onprem(setting, prices), self._cloud(setting, self.edition(values), prices)

    def _cloud(self, setting: Situation, edition: str, prices: Prices) -> Money:
        name, _, key = edition.partition("/")
        profile = self.catalog.profiles[name]
        return cloud(within(setting, profile), prices[profile.editions[key].price], prices)
