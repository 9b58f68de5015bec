"""What servers say when they have had enough, and whom it concerns."""

from __future__ import annotations

import pytest

from migrate.source.patience import crowded, is_of_one_user, used_up


@pytest.mark.parametrize(
    "answer",
    [
        "* BYE Too many connections from your address",
        "NO Maximum connection limit reached for ::ffff:192.0.2.1",
        "NO [LIMIT] Too many sessions",
        "NO [UNAVAILABLE] Server overloaded, try later",
        "* BYE Connection limit exceeded",
    ],
)
def test_fewer_connections_may_do(answer: str) -> None:
    assert crowded(answer) and not is_of_one_user(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "NO [LIMIT] Maximum number of connections from user+IP exceeded",
        "NO [ALERT] Too many simultaneous connections. (Failure)",
        "NO [UNAVAILABLE] Mailbox is locked by another session",
    ],
)
def test_fewer_connections_of_others_would_not_help(answer: str) -> None:
    assert crowded(answer) and is_of_one_user(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        "NO Too many login failures",
        "NO [INUSE] The mailbox is in use",
        "NO AUTHENTICATE failed.",
    ],
)
def test_it_is_something_else(answer: str) -> None:
    assert not crowded(answer) and not used_up(answer)


def test_the_day_is_over() -> None:
    assert used_up("NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)")
    assert used_up("* BYE Account exceeded bandwidth limits")
    assert not used_up("NO [OVERQUOTA] Mailbox is full")
