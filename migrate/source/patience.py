"""How long to wait when a server asks for patience. Pure."""

from __future__ import annotations

import re

MOST = 900.0
"""Seconds that are waited at a time, whatever a server asks for."""
TRIES = 5
"""Times a command is sent while the server names a time to wait."""
PAUSES = (2.0, 8.0, 30.0)
"""Seconds between tries when it names none."""

RECONNECTS = 8
"""Times in a row that a session may break, or not come about, without bringing a message: three
minutes, long enough for a server to be started anew."""

# Exchange: "Request is throttled. Suggested Backoff Time: 299609 milliseconds".
_HINT = re.compile(r"Backoff Time:\s*(\d{1,12})\s*(m?)", re.IGNORECASE)
# RFC 5530: try again later. THROTTLED is Gmail's.
_BUSY = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|THROTTLED)\b", re.IGNORECASE)
# Of a message, the others usually mean that this one can't be read.
_ACCOUNT = re.compile(r"\[(LIMIT|THROTTLED)\b", re.IGNORECASE)
# Gmail: "Account exceeded command or bandwidth limits", for hours up to a day
# (support.google.com/a/answer/1071518).
_USED_UP = re.compile(r"exceeded.{0,30}bandwidth", re.IGNORECASE)
# At a login, of all connections from here: fewer may do. A limit of one user's is its own.
_CROWDED = re.compile(
    r"too many .{0,30}(connection|session)"
    r"|(maximum|max|limit).{0,30}connection|connection.{0,30}(limit|exceeded|maximum)"
    r"|\[(LIMIT|UNAVAILABLE)\b",
    re.IGNORECASE,
)
_OF_ONE_USER = re.compile(r"\buser\b|simultaneous|mailbox", re.IGNORECASE)


def used_up(answer: str) -> bool:
    """Whether the server says that it hands out no more of this account for hours."""
    return bool(_USED_UP.search(answer))


def crowded(answer: str) -> bool:
    """Whether the server says at a login that it takes no more connections now."""
    return bool(_CROWDED.search(answer))


def is_of_one_user(answer: str) -> bool:
    """Whether a server that is crowded speaks of this user's connections only."""
    return bool(_OF_ONE_USER.search(answer))


def hinted(answer: str) -> float | None:
    """The seconds that the server asks us to wait, at most MOST."""
    match = _HINT.search(answer)
    if not match:
        return None
    return min(int(match[1]) / (1000 if match[2] else 1), MOST)


def is_busy(answer: str) -> bool:
    """Whether the server says that later it may work."""
    return bool(_BUSY.search(answer)) or hinted(answer) is not None


def delay(answer: str, attempt: int, *, of_messages: bool) -> float | None:
    """Seconds until the command is sent again after it was refused the `attempt`th time.

    None: not again. `of_messages`: it is a FETCH, whose refusal may concern one message only.
    """
    hint = hinted(answer)
    if hint is not None:
        return hint if attempt < TRIES else None
    if (_ACCOUNT if of_messages else _BUSY).search(answer) and attempt <= len(PAUSES):
        return PAUSES[attempt - 1]
    return None


def reconnect_delay(failures: int) -> float:
    """Seconds before the next session after the `failures`th that brought nothing."""
    return min(2.0**failures, 60.0)
