"""An assessment with the words for it: what the sections share when they name things."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assess import words
from assess.answers import Answers
from assess.catalog.model import Catalog, Lang, Option, Text, Value
from assess.fit.value import PRICES
from assess.questionnaire import applicable
from assess.report.paper import Cell
from assess.result import Assessment, Exclusion, Plan
from assess.texts import Texts


@dataclass(frozen=True)
class View:
    result: Assessment
    catalog: Catalog
    answers: Answers
    lang: Lang

    @cached_property
    def t(self) -> Texts:
        return Texts(self.lang)

    def say(self, key: str, **params: object) -> str:
        """A text of the area `report`."""
        return self.t(f"report.{key}", **params)

    def text(self, text: Text) -> str:
        return text(self.lang)

    def side(self, side: str) -> str:
        """`cloud`, `onprem` or `on-prem` as it stands in a sentence."""
        return self.say(f"side.{side.replace('-', '')}")

    @property
    def sides(self) -> tuple[str, str]:
        """The names over the halves of a chart: on-premises, cloud."""
        return self.say("name.onprem"), self.say("name.cloud")

    @cached_property
    def asked(self) -> list[str]:
        """The questions that apply, in order."""
        return applicable(self.catalog, self.answers)

    @cached_property
    def plans(self) -> list[Plan]:
        """The two that the margin compares: on-premises, then a plan of the cloud."""
        return [each for each in self.result.cost.plans if each.chosen]

    @property
    def answers_hash(self) -> str:
        return hashlib.sha256(self.result.inputs.answers.encode()).hexdigest()

    def question(self, question: str) -> str:
        if question == PRICES:
            return self.say("prices")
        return self.text(self.catalog.questions[question].text)

    def answer(self, question: str, value: Value | None) -> str:
        """An answer in words, or that there is none."""
        if question == PRICES:
            return self.say("prices_value")
        if value is None:
            return self.say("unanswered")
        return words.answer(self.catalog.questions[question], value, self.lang)

    def said(self, answers: dict[str, Value | None]) -> str:
        """Questions with their answers, one after the other."""
        return self.say("list_separator").join(
            self.say("question_answer", question=self.question(q), answer=self.answer(q, value))
            for q, value in answers.items()
        )

    def target(self, target: str) -> str:
        """What a veto excludes: a side, the status quo, a profile or one of its editions."""
        profile, _, edition = target.partition("/")
        if profile not in self.catalog.profiles:
            return self.say(f"target.{target}")
        found = self.catalog.profiles[profile]
        if not edition or len(found.editions) == 1:
            return self.text(found.name)
        names = self.text(found.name), self.text(found.editions[edition].name)
        return names[1] if names[1].startswith(names[0]) else " ".join(names)

    def plan_name(self, plan: str) -> str:
        return self.say("name.onprem") if plan == "onprem" else self.target(plan)

    def cause(self, exclusion: Exclusion) -> str:
        veto = self.catalog.vetoes[exclusion.veto]
        causes = [each.cause for each in veto.rules] + [each.cause for each in veto.limits]
        return self.text(causes[exclusion.rule])

    def reason(self, question: str, criteria: dict[str, float]) -> str:
        """Why the answer counts: as the criterion has it to which it adds most."""
        main = self.catalog.criteria[max(criteria, key=lambda each: abs(criteria[each]))]
        table = main.answers.get(question)
        if table:
            return self.text(table.reason)
        return self.say("cost_reason" if question != PRICES else "prices_reason")

    def yen(self, x: float) -> str:
        return words.yen(x, self.lang)

    def large(self, x: float) -> str:
        return words.large_yen(x, self.lang)

    def dollars(self, yen: float) -> str:
        return words.dollars(yen / self.result.cost.yen_per_usd)

    def percent(self, share: float) -> str:
        return words.percent(share, self.lang)

    def date(self) -> str:
        return words.day(self.result.as_of, self.lang)

    def joined(self, parts: Sequence[str]) -> str:
        return self.say("comma").join(parts)

    def points(self, x: float) -> Cell:
        """Points that say by tag, too, which side they favour."""
        tag = "cloud" if round(x, 1) > 0 else "onprem" if round(x, 1) < 0 else None
        return Cell(words.points(x), tag)  # type: ignore[arg-type]


def plan_side(plan: Plan) -> Option:
    return "onprem" if plan.id == "onprem" else "cloud"
