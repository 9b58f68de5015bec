"""Several calls in one request: all of them under way at once, done in any order.

https://developers.google.com/workspace/gmail/api/guides/batch
"""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack
from urllib.parse import parse_qs

from migrate.sandbox.app.exchange import Exchange, Outcome
from migrate.sandbox.app.plain import Found, Plain, limit, overridden
from migrate.sandbox.http import batch, bodies
from migrate.sandbox.http.bodies import Receive
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request, failure
from migrate.sandbox.limits.faults import Rule
from migrate.sandbox.service import Service

LIMIT = 64 * 1024 * 1024
"""Bytes of a whole batch. Google's own limit is not documented."""
REFUSED = ("/upload/", "/resumable/upload/", "/batch")


class Batch:
    def __init__(self, service: Service, exchange: Exchange, plain: Plain) -> None:
        self._service, self._exchange, self._plain = service, exchange, plain

    @staticmethod
    def owns(path: str) -> bool:
        return path == "/batch" or path.startswith("/batch/")

    async def serve(self, request: Request, receive: Receive, doomed: Rule | None) -> Outcome:
        """For statistics and fault rules the whole is `batch`, each call what it is by itself."""
        inner: list[Outcome] = []
        error = None
        try:
            request.body = await bodies.receive_body(receive, LIMIT, self._service.store.spool)
        except ApiError as refusal:
            error = refusal

        async def work() -> Answer:
            try:
                if error is not None:
                    raise error
                if request.verb != "POST":
                    raise ApiError(404, "Not Found")
                calls = batch.calls(request.body, request.header(b"content-type"))
            except ApiError as refusal:
                return failure(refusal)
            inner.extend(await self._all(calls, request))
            return batch.answer(zip(calls, (each.answer for each in inner), strict=True))

        try:
            whole = await self._exchange.run("batch", None, work, doomed)
        finally:
            request.body.close()
        worst = max((*inner, whole), key=lambda each: each.fate)
        return whole._replace(fate=worst.fate, rule=worst.rule)

    async def _all(self, calls: list[batch.Inner], outer: Request) -> list[Outcome]:
        """Outcomes in the order of the calls."""
        with ExitStack() as under_way:
            ready: list[tuple[int, tuple[Request, Found, ApiError | None]]] = []
            for number, (_, request) in enumerate(calls):
                request.headers = {
                    b"authorization": outer.headers.get(b"authorization", b""),
                    **request.headers,
                }
                overrides = overridden(request)
                found = self._plain.find(request)
                error = _refusal(request, limit(found.route)) or found.error
                if found.grant:
                    busy = under_way.enter_context(self._service.limits.under_way(found.grant))
                    error = error or busy
                if overrides:
                    request.query = bytes(request.body.data).decode("latin-1")
                    request.body = bodies.EMPTY
                ready.append((number, (request, found, error)))
            random.shuffle(ready)
            done = await asyncio.gather(*(self._plain.run(*call, None) for _, call in ready))
            numbers = [number for number, _ in ready]
            return [each for _, each in sorted(zip(numbers, done, strict=True))]


def _refusal(request: Request, most: int) -> ApiError | None:
    """Why a call can't be part of a batch; the wordings are guesses."""
    if not request.path.startswith("/"):
        return ApiError(400, "Invalid request URI: an inner request has a path and no host.")
    if request.path.startswith(REFUSED) or "media" in parse_qs(request.query).get("alt", ()):
        return ApiError(400, "Media requests and batches are not supported in a batch.")
    return bodies.too_large() if len(request.body.data) > most else None
