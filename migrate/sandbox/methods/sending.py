"""messages.send and drafts.send: refused, so that no rehearsal looks as if it had sent mail."""

from __future__ import annotations

from typing import NoReturn

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.methods.calls import Call


def refuse(call: Call) -> NoReturn:
    """ApiError 403: with no reason of Google's, so that no client tries it again."""
    raise ApiError(
        403,
        f"The sandbox sends nothing: {call.method.id} is refused and nothing was stored.",
        reason="sandboxSendsNothing",
    )
