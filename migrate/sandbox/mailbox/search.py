"""The query language of `q`, parsed: text → `Node`.

    all    = one {["AND"] one}                   side by side is AND
    one    = signed {"OR" signed}                OR binds tighter than AND
    signed = {"-" | "+"} operand                 "+word" is that word exactly, as every word is here
    operand = "(" all ")" | "{" one … "}"        braces are OR
            | [operator ":"] (word | '"' phrase '"')
            | operator ":" ("(" all ")" | "{" … "}")

https://support.google.com/mail/answer/7190 names the operators; the precedence of OR and all that
concerns errors is not documented. What Gmail would guess at is refused with `Unsupported`, so
that no query is silently taken for another. A colon behind anything but an operator is text.
`str(node)` is the query in canonical form, which parses to `node`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from migrate.sandbox.http.errors import ApiError

MAX_LENGTH = 2048
"""Characters; the bound is ours, and so is what the refusal says."""
MAX_DEPTH = 20
MAX_TOKENS = 500
"""What SQLite's parser takes as one expression, with room to spare; Gmail's bounds are unknown."""

_OPERATOR = (
    r"(?ai:from|to|cc|bcc|subject|filename|deliveredto|list|rfc822msgid|label|in|is|has|category"
    r"|after|before|older|newer|older_than|newer_than|size|larger|smaller):"
)
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<sign>[-+])(?=[^\s)}}])
    | (?P<open>[({{]) | (?P<close>[)}}])
    | (?P<operator>{_OPERATOR})
      (?:\s+(?!{_OPERATOR}|[-+]))?                # "from: anna" is "from:anna"
      (?:"(?P<quoted>[^"]*)" | (?P<value><[^\s<>"]*> | [^\s(){{}}"]+) )?
    | "(?P<phrase>[^"]*)" | (?P<word>[^\s(){{}}"]+)
    | (?P<stray>\S)
    )""",
    re.VERBOSE,
)


class Unsupported(ValueError):
    """Gmail may know what this means; the sandbox doesn't. The text names it."""


@dataclass(frozen=True, slots=True)
class Term:
    """Without `operator` it is text. `value` has no double quote and no space at its ends."""

    operator: str
    value: str

    def __str__(self) -> str:
        return f'{self.operator}:"{self.value}"' if self.operator else f'"{self.value}"'


@dataclass(frozen=True, slots=True)
class Not:
    part: Term | And | Or

    def __str__(self) -> str:
        return f"-{self.part}"


@dataclass(frozen=True, slots=True)
class And:
    """No parts: every message."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return f"({' '.join(map(str, self.parts))})" if self.parts else ""


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return f"{{{' '.join(map(str, self.parts))}}}"


Node: TypeAlias = "Term | Not | And | Or"


def parse(query: str) -> Node:
    """The query as a tree; Unsupported, ApiError 400."""
    tokens = list(islice(_TOKEN.finditer(query.strip()), MAX_TOKENS + 1))
    quoted = (len((each["quoted"] or each["phrase"] or "").split()) for each in tokens)
    if sum(words or 1 for words in quoted) > MAX_TOKENS:
        raise Unsupported(f"more than {MAX_TOKENS} words and brackets")
    if len(query) > MAX_LENGTH:
        raise ApiError(400, f"Invalid query: longer than {MAX_LENGTH} characters")
    return _Parser(tokens).parse()


def terms(node: Node, wanted: bool = True) -> Iterator[tuple[Term, bool]]:
    """Every term, and whether messages that match it are wanted (False: behind a minus)."""
    match node:
        case Term():
            yield node, wanted
        case Not(part):
            yield from terms(part, not wanted)
        case And(parts) | Or(parts):
            for each in parts:
                yield from terms(each, wanted)


class _Parser:
    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens[::-1]
        """The next one is the last."""
        self._open: list[str] = []

    def parse(self) -> Node:
        return self._all("") if self._tokens else And(())

    def _next_is(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[-1]["word"] == word

    def _ends(self) -> bool:
        return not self._tokens or self._tokens[-1]["close"] is not None

    def _all(self, operator: str) -> Node:
        parts = [self._one(operator)]
        while not self._ends():
            if self._next_is("AND"):
                self._tokens.pop()
            parts.append(self._one(operator))
        if self._tokens and not self._open:
            raise Unsupported(self._tokens[-1]["close"])
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _any(self, operator: str) -> Node:
        parts = [self._one(operator)]
        while not self._ends():
            parts.append(self._one(operator))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _one(self, operator: str) -> Node:
        parts = [self._signed(operator)]
        while self._next_is("OR"):
            self._tokens.pop()
            parts.append(self._signed(operator))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _signed(self, operator: str) -> Node:
        minus = False
        while self._tokens and (sign := self._tokens[-1]["sign"]):
            self._tokens.pop()
            minus ^= sign == "-"
        node = self._operand(operator)
        if not minus:
            return node
        return node.part if isinstance(node, Not) else Not(node)

    def _operand(self, operator: str) -> Node:
        """A term or a group; within the group of an operator everything is its text."""
        if self._ends():
            raise Unsupported("nothing where a word has to be")
        token = self._tokens.pop()
        if token["open"]:
            return self._group(token["open"], operator)
        if token["stray"]:
            raise Unsupported(token["stray"])
        if not (name := (token["operator"] or "")[:-1].lower()):
            if token["word"] in ("AND", "OR", "NOT", "AROUND"):
                raise Unsupported(token["word"])
            return Term(operator, (token["phrase"] or token["word"] or "").strip())
        if operator:
            return Term(operator, token[0].replace('"', " ").strip())
        given = token["quoted"] if token["quoted"] is not None else token["value"]
        if given is None and self._tokens and (bracket := self._tokens[-1]["open"]):
            self._tokens.pop()
            return self._group(bracket, name)
        return Term(name, (given or "").strip())

    def _group(self, bracket: str, operator: str) -> Node:
        if len(self._open) == MAX_DEPTH:
            raise Unsupported(f"nested deeper than {MAX_DEPTH}")
        self._open.append(bracket)
        node = self._all(operator) if bracket == "(" else self._any(operator)
        if not self._tokens or bracket + self._tokens.pop()["close"] not in ("()", "{}"):
            raise Unsupported(bracket)
        self._open.pop()
        return node
