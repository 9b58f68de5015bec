"""What is shown and read, one thing per line: in a pipe, over ssh, with a screen reader.

No colour, no cursor movement; `arrows.py` is the other front end, for a terminal that has both.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from console.visible import printable

KEYS = {
    "b": "back",
    "w": "why",
    "s": "skip",
    "d": "unknown",
    "n": "note",
    "q": "quit",
    "?": "help",
}
"""What a letter does, in the order in which help tells it; its words are `ask.key.*`."""


@dataclass(frozen=True)
class Card:
    """One question on the screen."""

    heading: str
    text: str
    prompt: str
    keys: Mapping[str, str]  # letter -> what it does, in the reader's language
    options: tuple[str, ...] = ()  # empty: something is typed
    menu: str = ""  # how to choose one of them with arrow keys
    remarks: tuple[str, ...] = ()
    enter: str | None = None  # the reply that Enter alone stands for


class Screen(Protocol):
    """Both readings raise EOFError at the end of the input, KeyboardInterrupt on Ctrl-C."""

    def ask(self, card: Card) -> str:
        """The number of an option, a letter of `card.keys`, what was typed, or nothing."""
        ...

    def line(self, prompt: str) -> str: ...

    def say(self, text: str) -> None: ...


class Plain:
    def __init__(self) -> None:
        self._shown: Card | None = None
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a stray byte must not end the interview

    def ask(self, card: Card) -> str:
        numbered = [f"  {number}  {option}" for number, option in enumerate(card.options, 1)]
        self.show(card, card.heading, card.text, *card.remarks, *numbered)
        return self.line(f"{card.prompt} ")

    def show(self, card: Card, *lines: str) -> None:
        """The lines of a card; not once more after an explanation of it."""
        if card != self._shown:
            self._shown = card
            for line in ("", *lines):
                self.say(line)

    def line(self, prompt: str) -> str:
        return input(prompt)

    def say(self, text: str) -> None:
        print(printable(text), flush=True)


def arrows_work(environ: Mapping[str, str]) -> bool:
    """Whether this is a terminal that moves its cursor, and its owner doesn't mind."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return terminal and environ.get("TERM", "dumb") != "dumb" and not environ.get("NO_COLOR")
