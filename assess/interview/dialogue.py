"""The questions in turn: what a reply means, and what is said to it."""

from __future__ import annotations

from collections.abc import Callable, Set
from unicodedata import normalize

from assess import words
from assess.answers import Answer, Answers
from assess.errors import AssessError
from assess.explain import explain
from assess.interview.screen import KEYS, Card, Screen
from assess.interview.state import Interview
from assess.questionnaire import parse
from assess.texts import Texts

CanChange = Callable[[Answers], Set[str]]
"""The unanswered questions whose answer could still change the result."""


def converse(
    interview: Interview,
    screen: Screen,
    texts: Texts,
    save: Callable[[Answers], None],
    can_change: CanChange | None = None,
) -> bool:
    """Ask until nothing is left (True) or the person quits; `save` follows every change.

    EOFError and KeyboardInterrupt come as they are: all that was answered is saved by then.
    """
    while interview.current is not None:
        question = interview.catalog.questions[interview.current]
        open_ = interview.current not in interview.answers.values
        idle = open_ and can_change and interview.current not in can_change(interview.answers)
        asked = card(interview, texts, idle=bool(idle))
        before = interview.answers
        match reply(screen, asked):
            case "b":
                if not interview.back():
                    screen.say(texts("ask.first"))
            case "w":
                screen.say(texts("ask.why", why=question.why(texts.lang)))
                screen.say(texts("ask.who", who=question.who(texts.lang)))
            case "s":
                interview.skip()
            case "d":
                interview.unknown()
            case "n":
                interview.note(screen.line(texts("ask.note_prompt")))
            case "q":
                return False
            case "?":
                tell_keys(screen, asked, texts(f"ask.help_on.{question.kind}"))
            case "":
                screen.say(texts("ask.empty"))
            case typed:
                try:
                    interview.answer(parse(question, typed))
                except AssessError as error:
                    if question.options:
                        screen.say(texts("ask.no_option", typed=typed, n=len(question.options)))
                    else:
                        for line in explain(error, texts):
                            screen.say(line)
        if interview.answers is not before:
            save(interview.answers)
    return True


def greet(interview: Interview, screen: Screen, texts: Texts) -> None:
    """What lies ahead, and how to get help."""
    if interview.current is not None:
        _, count = interview.position()
        settled = count - len(interview.left())
        screen.say(texts("ask.greeting", settled=settled, count=count))


def reply(screen: Screen, card: Card) -> str:
    """What was typed, a letter as its key; Enter alone is what the card says it is."""
    typed = screen.ask(card).strip()
    letter = normalize("NFKC", typed).casefold()
    return (letter if letter in card.keys else typed) or card.enter or ""


def tell_keys(screen: Screen, card: Card, first: str) -> None:
    screen.say(first)
    for key, meaning in card.keys.items():
        screen.say(f"  {key}  {meaning}")


def keys(texts: Texts, letters: str) -> dict[str, str]:
    return {each: texts(f"ask.key.{KEYS[each]}") for each in letters}


def card(interview: Interview, texts: Texts, *, idle: bool = False) -> Card:
    """The current question; `idle`: its answer can no longer change the result."""
    assert interview.current is not None
    question = interview.catalog.questions[interview.current]
    answer = interview.answers.answers.get(interview.current, Answer())
    place, count = interview.position()
    section = interview.catalog.sections[question.section].name(texts.lang)
    remarks = [texts("ask.idle")] if idle else []
    if answer.value is not None:
        remarks.append(texts("ask.so_far", answer=words.answer(question, answer.value, texts.lang)))
    elif answer.unknown:
        remarks.append(texts("ask.so_far", answer=texts("ask.unknown")))
    enter = "s" if remarks else None
    if answer.value in question.ids:
        enter = str(question.ids.index(str(answer.value)) + 1)
    if answer.note:
        remarks.append(texts("ask.noted", note=answer.note))
    return Card(
        heading=texts("ask.heading", place=place, count=count, section=section),
        text=question.text(texts.lang),
        prompt=texts(f"ask.prompt.{question.kind}"),
        keys=keys(texts, "".join(KEYS)),
        menu=texts("ask.prompt.menu"),
        options=tuple(each.text(texts.lang) for each in question.options),
        remarks=tuple(remarks),
        enter=enter,
    )
