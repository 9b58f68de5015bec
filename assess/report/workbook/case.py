"""What the workbook shows: on-premises against one cloud plan, with the names for both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from assess.catalog.model import Catalog, Criterion
from assess.cost.formula import Money, Situation, cloud, onprem
from assess.cost.prices import medians
from assess.cost.situation import within
from assess.fit.value import cost_points
from assess.result import Assessment, Plan
from assess.texts import Texts

Pair = tuple[float, float]
"""On-premises, cloud."""


@dataclass(frozen=True)
class Case:
    assessment: Assessment
    catalog: Catalog
    whole: Situation
    t: Texts

    @cached_property
    def s(self) -> Situation:
        """The situation as it counts for the chosen plan."""
        return self.at(self.chosen.id)

    def at(self, plan: str) -> Situation:
        return within(self.whole, self.catalog.profiles[plan.partition("/")[0]])

    @cached_property
    def prices(self) -> dict[str, float]:
        return medians(self.catalog.costs)

    @cached_property
    def chosen(self) -> Plan:
        """The cloud plan that on-premises is compared with."""
        plans = self.assessment.cost.plans
        return next(each for each in plans if each.chosen and each.id != "onprem")

    @cached_property
    def row(self) -> str:
        """Of the costs: the chosen plan's price."""
        return self.price_row(self.chosen.id)

    @cached_property
    def money(self) -> tuple[Money, Money]:
        """On-premises, cloud, with every price at its median."""
        subscription = self.prices[self.row]
        return onprem(self.s, self.prices), cloud(self.s, subscription, self.prices)

    @cached_property
    def criterion(self) -> Criterion:
        """Cost."""
        return self.catalog.criteria[self._cost]

    @property
    def weight(self) -> float:
        """Of the cost, of 100."""
        criteria = self.assessment.criteria
        return next(each.weight for each in criteria if each.id == self._cost)

    @property
    def points(self) -> Pair:
        own, hosted = (cost_points(self.criterion, m.per_mailbox_month) for m in self.money)
        return own, hosted

    @property
    def _cost(self) -> str:
        criteria = self.catalog.criteria.items()
        return next(key for key, each in criteria if each.worst_yen is not None)

    def price_row(self, plan: str) -> str:
        profile, _, edition = plan.partition("/")
        return self.catalog.profiles[profile].editions[edition].price

    def plan_name(self, plan: str) -> str:
        if plan == "onprem":
            return self.t("cost.side.onprem")
        profile, _, edition = plan.partition("/")
        whole = self.catalog.profiles[profile]
        names = whole.name(self.t.lang), whole.editions[edition].name(self.t.lang)
        return names[1] if names[1].startswith(names[0]) else " ".join(names)

    def row_name(self, row: str) -> str:
        return self.catalog.costs[row].name(self.t.lang)
