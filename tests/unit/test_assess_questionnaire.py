"""Which question comes next, what a typed answer means, and how an interview goes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from assess import words
from assess.answers import Answer, Answers
from assess.conditions import applies
from assess.errors import AssessError
from assess.interview.dialogue import converse
from assess.interview.screen import Card
from assess.interview.state import Interview
from assess.interview.weighing import percentages, weigh
from assess.questionnaire import Progress, applicable, order, parse, pending, progress
from assess.texts import Texts

from .asked import CATALOG, ORDER, QUESTIONS

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EN = Texts("en")


def given(**values: str | float) -> Answers:
    return Answers(answers={key: Answer(value=value) for key, value in values.items()})


class Script:
    """A screen that types what it is told to and keeps what it was shown."""

    def __init__(self, *typed: str) -> None:
        self.typed = list(typed)
        self.cards: list[Card] = []
        self.said: list[str] = []

    def ask(self, card: Card) -> str:
        self.cards.append(card)
        return self.line(card.prompt)

    def line(self, prompt: str) -> str:
        if not self.typed:
            raise EOFError
        return self.typed.pop(0)

    def say(self, text: str) -> None:
        self.said.append(text)


def interview(answers: Answers | None = None, **scope: object) -> Interview:
    return Interview(CATALOG, answers or Answers(), now=lambda: NOON, **scope)  # type: ignore[arg-type]


def run(
    asked: Interview, *typed: str, can_change: Iterable[str] | None = None
) -> tuple[bool, Script, list[Answers]]:
    screen, saved = Script(*typed), list[Answers]()
    idle = None if can_change is None else lambda _: frozenset(can_change)
    return converse(asked, screen, EN, saved.append, idle), screen, saved


def test_sections_come_in_their_order_and_questions_in_theirs() -> None:
    assert order(CATALOG) == ORDER


@pytest.mark.parametrize(
    ("values", "expected"),
    [({}, None), ({"organisation": "private"}, False), ({"organisation": "municipality"}, True)],
)
def test_a_conditional_question_applies_only_once_that_is_known(
    values: dict[str, str | float], expected: bool | None
) -> None:
    assert applies("lgwan", QUESTIONS, values) is expected
    assert ("lgwan" in pending(CATALOG, given(**values))) is (expected is not False)


def test_what_nobody_knows_is_settled_and_a_bare_note_is_not() -> None:
    answers = Answers(answers={"fte": Answer(unknown=True), "capex": Answer(note="ask Sato")})
    answers = answers.having("organisation", Answer(value="private"))
    assert pending(CATALOG, answers) == ["mailboxes", "forbid", "capex"]
    assert progress(CATALOG, answers) == Progress(answered=2, applicable=5)
    assert pending(CATALOG, answers, ["finance", "hr"]) == ["capex"]
    assert applicable(CATALOG, answers, only=["fte", "mailboxes"]) == ["mailboxes", "fte"]


@pytest.mark.parametrize(
    ("question", "typed", "expected"),
    [
        ("fte", "2", "<0.5"),  # by its number on the screen
        ("fte", "２", "<0.5"),
        ("fte", "0", "0"),  # by its id
        ("fte", " 2+ ", "2+"),
        ("organisation", "Municipality", "municipality"),
        ("mailboxes", "1,200", 1200),
        ("mailboxes", "１２００", 1200),
        ("forbid", "35%", 0.35),
        ("forbid", "３５％", 0.35),
        ("forbid", "0.35", 0.35),
        ("forbid", "0", 0),
        ("forbid", "1%", 0.01),
        ("forbid", "100 %", 1),
        ("capex", "1,000,000", 1_000_000),
        ("capex", "100万", 1_000_000),
        ("capex", "１．５億円", 150_000_000),
        ("capex", "1億5,000万円", 150_000_000),
        ("capex", "1.1万", 11_000),
        ("capex", "¥500", 500),
        ("capex", "￥500", 500),
        ("capex", "500 JPY", 500),
    ],
)
def test_an_answer_may_be_typed_as_people_write_it(
    question: str, typed: str, expected: str | float
) -> None:
    assert parse(QUESTIONS[question], typed) == expected


@pytest.mark.parametrize(
    ("question", "typed", "code"),
    [
        ("fte", "4", "option-unknown"),
        ("fte", "2++", "option-unknown-near"),
        ("mailboxes", "0", "count-wrong"),
        ("mailboxes", "-5", "count-wrong"),
        ("mailboxes", "2.5", "count-wrong"),
        ("mailboxes", "9" * 400, "count-wrong"),
        ("mailboxes", "many", "count-text"),
        ("mailboxes", "1,20", "count-text"),
        ("mailboxes", "nan", "count-text"),
        ("forbid", "35", "share-bare"),
        ("forbid", "1", "share-bare"),
        ("forbid", "101%", "share-wrong"),
        ("forbid", "half", "share-text"),
        ("capex", "$500", "money-foreign"),
        ("capex", "500 USD", "money-foreign"),
        ("capex", "-5", "money-text"),
        ("capex", "円", "money-text"),
        ("capex", "1,0000", "money-text"),
        ("capex", "9" * 400, "money-wrong"),
    ],
)
def test_what_could_mean_something_else_is_refused(question: str, typed: str, code: str) -> None:
    with pytest.raises(AssessError) as caught:
        parse(QUESTIONS[question], typed)
    assert caught.value.code == code


def test_an_interview_asks_what_is_open_and_saves_each_answer() -> None:
    asked = interview(given(mailboxes=40), by="Sato")
    finished, screen, saved = run(asked, "1", "50%", "100万", "3")
    assert finished
    assert [card.heading for card in screen.cards] == [
        "2 of 6 · size",
        "3 of 5 · rules",  # a private firm is not asked about LGWAN
        "4 of 5 · rules",
        "5 of 5 · people",
    ]
    assert [len(each.answers) for each in saved] == [2, 3, 4, 5]
    assert saved[-1].values == {
        "mailboxes": 40,
        "organisation": "private",
        "forbid": 0.5,
        "capex": 1_000_000,
        "fte": "2+",
    }
    assert saved[-1].answers["fte"] == Answer(value="2+", by="Sato", at=NOON)


def test_the_end_of_the_input_loses_nothing() -> None:
    asked, saved = interview(), list[Answers]()
    with pytest.raises(EOFError):
        converse(asked, Script("40"), EN, saved.append)
    assert saved[-1].values == {"mailboxes": 40}
    assert interview(saved[-1]).current == "organisation"


def test_back_goes_back_also_to_an_earlier_session_and_enter_keeps_the_answer() -> None:
    asked = interview(given(mailboxes=40))
    finished, screen, saved = run(asked, "b", "b", "", "2", "b", "1", "q")
    assert not finished
    first, again, _, then, back = screen.cards[1:6]
    assert "40" in first.remarks[0] and first == again
    assert screen.said == ["This is the first question."]
    assert then.text == "A choice?" and then.heading == "3 of 6 · size"  # lgwan
    assert back.enter == "2"  # the arrows stand on the answer given before
    assert [each.values.get("organisation") for each in saved] == ["municipality", "private"]
    assert asked.current == "forbid"


def test_the_same_answer_again_keeps_who_gave_it() -> None:
    old = Answer(value=40, by="Ito", at=NOON, note="counted", source="imported")
    asked = interview(Answers(answers={"mailboxes": old}), only=["mailboxes"], by="Sato")
    assert run(asked, "40")[0]
    assert asked.answers.answers["mailboxes"] == old
    asked = interview(Answers(answers={"mailboxes": old}), only=["mailboxes"], by="Sato")
    assert run(asked, "41")[0]
    assert asked.answers.answers["mailboxes"] == Answer(
        value=41, by="Sato", at=NOON, note="counted"
    )


def test_skipped_is_open_unknown_is_not_and_a_note_stays() -> None:
    asked = interview(only=["mailboxes", "forbid"])
    finished, _, saved = run(asked, "s", "n", "see the contract", "ｄ")
    assert finished
    assert asked.left() == ["mailboxes"]
    assert asked.answers.answers == {
        "forbid": Answer(unknown=True, at=NOON, note="see the contract")
    }
    assert len(saved) == 2


def test_an_answer_can_bring_up_a_question_that_comes_before_it() -> None:
    lgwan = QUESTIONS["lgwan"].model_copy(update={"when": {"fte": ("2+",)}})
    catalog = CATALOG.model_copy(update={"questions": {**QUESTIONS, "lgwan": lgwan}})
    answers = given(mailboxes=40, organisation="private", forbid=0, capex=1, fte="0")
    asked = Interview(catalog, answers, again=True)
    finished, screen, _ = run(asked, "", "", "", "", "3", "1")
    assert finished and asked.answers.values["lgwan"] == "alpha"
    assert screen.cards[-1].heading == "3 of 6 · size"


def test_all_goes_through_everything_once_more() -> None:
    answers = given(mailboxes=40, organisation="private", forbid=0, capex=1, fte="0")
    assert interview(answers).current is None
    asked = interview(answers, again=True)
    finished, screen, saved = run(asked, *[""] * 5)
    assert finished and len(screen.cards) == 5 and saved == []


def test_why_help_and_mistakes_explain_and_ask_again() -> None:
    _, screen, saved = run(interview(), "w", "?", "zero", "", "q")
    assert len({card.heading for card in screen.cards}) == 1 and saved == []
    said = "\n".join(screen.said)
    assert "Why we ask: It counts." in said and "Who knows this: The mail team." in said
    for letter in ("b", "w", "s", "d", "n", "q"):
        assert f"  {letter}  " in said
    assert "no whole number" in said and "such as 300" in said and "Nothing was typed" in said


def test_a_question_that_changes_nothing_says_so_and_goes_by_with_enter() -> None:
    asked = interview(only=["mailboxes", "forbid"])
    finished, screen, _ = run(asked, "", "5%", can_change=["forbid"])
    assert finished and asked.left() == ["mailboxes"]
    assert [bool(card.remarks) for card in screen.cards] == [True, False]


def test_an_answer_reads_as_in_the_question() -> None:
    assert words.answer(QUESTIONS["fte"], "2+", "en") == "it is 2+"
    assert words.answer(QUESTIONS["mailboxes"], 1200, "ja") == "1,200"
    assert words.answer(QUESTIONS["forbid"], 0.35, "ja") == "35％"
    assert words.answer(QUESTIONS["capex"], 1600, "en") == "¥1,600"
    assert words.answer(QUESTIONS["capex"], 1600, "ja") == "1,600円"


def test_weights_are_swings_from_the_first_and_back_works() -> None:
    screen = Script("b", "1", "b", "2", "101", "?", "w", "50", "b", "60", "４０")
    weights = weigh(CATALOG, screen, EN)
    assert weights == {"people": 100, "cost": 60, "control": 40}
    assert percentages(weights) == {"people": 50, "cost": 30, "control": 20}
    assert screen.said[0] == "This is the first question."
    assert "“people” is worth 100" in screen.cards[-1].text
    assert weigh(CATALOG, Script("1", "q"), EN) is None
    assert weigh(CATALOG, Script("4", "0", "", "3", "0", "0"), EN) == {
        "control": 100,
        "cost": 0,
        "people": 0,
    }
