"""What is checked of every account: a name, and what judges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from migrate.preflight.each import (
    access,
    aliases,
    arriving,
    folders,
    labels,
    namespaces,
    quota,
    size,
    users,
)
from migrate.preflight.finding import Finding
from migrate.preflight.seen import Seen

CHECKS: Mapping[str, Callable[[Seen], Finding]] = {
    "reachable": arriving.reachable,
    "tls": arriving.encrypted,
    "login": arriving.logged_in,
    "namespaces": namespaces.check,
    "folders": folders.check,
    "size": size.check,
    "source-quota": quota.check,
    "token": access.token,
    "user": access.user,
    "mailbox": access.mailbox,
    "licence": users.check,
    "aliases": aliases.check,
    "labels": labels.check,
}
"""In the order in which they are told."""


def judge(seen: Seen) -> dict[str, Finding]:
    return {name: check(seen) for name, check in CHECKS.items()}
