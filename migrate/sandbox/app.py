"""The way of one request through the sandbox: a bare ASGI application.

page and control addresses · token endpoint · everything of the API:
route → limits → body → fault → `service` → commit → fault → answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import MutableMapping
from contextlib import nullcontext
from typing import Any

from migrate.sandbox.access.tokens import Grant, TokenError
from migrate.sandbox.control import Control
from migrate.sandbox.description.api import Route
from migrate.sandbox.http import bodies
from migrate.sandbox.http.answers import Send, send_answer
from migrate.sandbox.http.bodies import Body, Receive
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request, dump, failure, success
from migrate.sandbox.limits.faults import Faults
from migrate.sandbox.page.page import Page
from migrate.sandbox.service import Service

JSON_LIMIT = 1024 * 1024
Scope = MutableMapping[str, Any]


class App:
    """ASGI application over one store."""

    def __init__(self, service: Service, faults: Faults) -> None:
        self._service, self._faults = service, faults
        self._store, self._limits = service.store, service.limits
        self._latency = service.options.latency
        self._by_method: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._control = Control(service, faults, self._by_method, self._by_status)
        self._page = Page(service.store)
        self._commit: asyncio.Future[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        headers = dict(scope["headers"])
        verb, path = scope["method"], scope["raw_path"].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        peer = scope["client"][0]
        try:
            if self._control.owns(path):
                body = await bodies.receive_body(receive, JSON_LIMIT, self._store.spool)
                request = Request(verb, path, query, headers, body)
                await self._send(send, self._control.answer(request, peer))
            elif self._page.owns(path):
                await self._send(
                    send, self._page.answer(Request(verb, path, query, headers, Body(b"")), peer)
                )
            else:
                await self._request(
                    Request(verb, path, query, headers, Body(b"")), scope, receive, send
                )
        except bodies.Disconnected:
            return

    async def _request(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out what is asked for, then serve it within the limits."""
        verb, path, query, headers = request.verb, request.path, request.query, request.headers
        # google-api-python-client sends a GET with a long query as a POST with this header.
        if overrides := verb == "POST" and headers.get(b"x-http-method-override") == b"GET":
            verb = "GET"
        route: Route | None = None
        params: dict[str, str] = {}
        error: ApiError | None = None
        grant: Grant | None = None
        name = "token"
        if path != "/token":
            try:
                route, params = self._service.api.find(verb, path)
                name, grant = route.method.id, self._service.grant(headers)
            except ApiError as refusal:
                name, error = "unknown", refusal
        with self._limits.under_way(grant) if grant else nullcontext() as refused:
            body = Body(b"")
            try:
                body = await bodies.receive_body(receive, _limit(route), self._store.spool)
            except ApiError as refusal:
                error = error or refusal
            if overrides:
                query, body = bytes(body.data).decode("latin-1"), Body(b"")
            request = Request(verb, path, query, headers, body)
            try:
                await self._serve(
                    scope, send, request, name, route, params, grant, error or refused
                )
            finally:
                body.close()

    async def _serve(
        self,
        scope: Scope,
        send: Send,
        request: Request,
        name: str,
        route: Route | None,
        params: dict[str, str],
        grant: Grant | None,
        error: ApiError | None,
    ) -> None:
        """Answer a received request, or do to it what a fault rule says."""
        if self._latency:
            await asyncio.sleep(self._latency)
        self._by_method[name] += 1
        connection = scope["sandbox.connection"]
        rule = connection.doomed or self._faults.strike(name, grant.user if grant else None)
        doomed = connection.doomed is not None
        if rule and rule.when == "before":
            await asyncio.sleep(rule.delay)
            if doomed or rule.drop:
                connection.abort()
                return
            if rule.status:
                await self._send(send, rule.answer())
                return
        if name == "token":
            answer = self._token(request)
        elif error is not None or route is None:
            answer = failure(error or ApiError(404, "Not Found"))
        else:
            answer = self._service.perform(request, route, params, grant)
        await self._committed()
        if rule and rule.when == "after":
            await asyncio.sleep(rule.delay)
            if doomed or rule.drop:
                connection.abort()
                return
            if rule.status:
                answer = rule.answer()
        if rule and rule.truncate:
            await self._send(send, answer, cut=True)
            connection.close()
            return
        if rule and rule.drop_idle:
            connection.doomed = rule
        await self._send(send, answer)

    def _token(self, request: Request) -> Answer:
        try:
            if request.verb != "POST":
                raise TokenError(405, "invalid_request", "Only POST is allowed.")
            return success(self._service.tokens.exchange(bytes(request.body.view())))
        except TokenError as error:
            return Answer(error.status, dump(error.body, True))

    async def _committed(self) -> None:
        """Group commit: everything handled in this turn of the loop is committed together."""
        if self._commit is None and self._store.db.in_transaction:
            loop = asyncio.get_running_loop()
            self._commit = loop.create_future()
            loop.call_soon(self._commit_now)
        if self._commit is not None:
            await self._commit

    def _commit_now(self) -> None:
        done, self._commit = self._commit, None
        assert done is not None
        try:
            self._store.commit()
            done.set_result(None)
        except Exception as error:
            done.set_exception(error)

    async def _send(self, send: Send, answer: Answer, *, cut: bool = False) -> None:
        self._by_status[str(answer.status)] += 1
        await send_answer(send, answer, cut=cut)


def _limit(route: Route | None) -> int:
    """Bytes a request body may have."""
    if route is None or not route.method.max_size:
        return JSON_LIMIT
    if route.upload:
        return route.method.max_size + bodies.ENVELOPE
    return route.method.max_size * 4 // 3 + bodies.ENVELOPE
