"""The way of one request through the sandbox: a bare ASGI application.

route → body → fault → token → scope → user → parameters → quota → handler → commit → fault.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections import Counter
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from migrate.sandbox import drafts, labels, listing, messages, render, upload
from migrate.sandbox.answers import Answer, Send, dump, failure, injected, send_answer
from migrate.sandbox.calls import Call, Handler
from migrate.sandbox.discovery import Api, Method, Route
from migrate.sandbox.errors import ApiError, invalid_credentials
from migrate.sandbox.faults import FaultError, Faults, Rule, parse
from migrate.sandbox.fields import parse as parse_fields
from migrate.sandbox.fields import select
from migrate.sandbox.options import Options
from migrate.sandbox.quota import Quota
from migrate.sandbox.store import Store
from migrate.sandbox.token import Grant, TokenError, Tokens

HANDLERS: dict[str, Handler] = {
    f"gmail.users.{name}": handler
    for name, handler in {
        "getProfile": listing.profile,
        "history.list": listing.history,
        "labels.list": labels.list_,
        "labels.get": labels.get,
        "labels.create": labels.create,
        "labels.patch": labels.update,
        "labels.update": labels.update,
        "labels.delete": labels.delete,
        "messages.import": messages.import_,
        "messages.insert": messages.insert,
        "messages.get": render.get,
        "messages.attachments.get": render.attachment,
        "messages.list": listing.list_,
        "messages.modify": messages.modify,
        "messages.batchModify": messages.batch_modify,
        "messages.trash": messages.trash,
        "messages.untrash": messages.untrash,
        "messages.delete": messages.delete,
        "messages.batchDelete": messages.batch_delete,
        "drafts.create": drafts.create,
        "drafts.get": drafts.get,
        "drafts.list": drafts.list_,
        "drafts.delete": drafts.delete,
    }.items()
}
JSON_LIMIT = 1024 * 1024
Scope = MutableMapping[str, Any]
log = logging.getLogger(__name__)


class App:
    """ASGI application over one store."""

    def __init__(
        self, store: Store, tokens: Tokens, api: Api, options: Options, faults: Faults
    ) -> None:
        self._store, self._tokens, self._api = store, tokens, api
        self._options, self._faults = options, faults
        self._quota = Quota(options.quota)
        self._by_method: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._commit: asyncio.Future[None] | None = None

    async def __call__(self, scope: Scope, receive: upload.Receive, send: Send) -> None:
        assert scope["type"] == "http"
        headers = dict(scope["headers"])
        verb, path = scope["method"], scope["raw_path"].decode("latin-1")
        # google-api-python-client sends a GET with a long query as a POST with this header.
        if overrides := verb == "POST" and headers.get(b"x-http-method-override") == b"GET":
            verb = "GET"
        route: Route | None = None
        params: dict[str, str] = {}
        error: ApiError | None = None
        name = "token" if path == "/token" else None
        if path.startswith("/_sandbox/"):
            await self._control(scope, receive, send)
            return
        if name is None:
            try:
                route, params = self._api.find(verb, path)
                name = route.method.id
            except ApiError as refusal:
                name, error = "unknown", refusal
        try:
            try:
                body = await upload.receive_body(receive, _limit(route), self._store.spool)
            except ApiError as refusal:
                body, error = upload.Body(b""), error or refusal
        except upload.Disconnected:
            return
        if overrides:
            scope["query_string"], body = bytes(body.data), upload.Body(b"")
        try:
            await self._serve(scope, send, headers, name, route, params, body, error)
        finally:
            body.close()

    async def _serve(
        self,
        scope: Scope,
        send: Send,
        headers: Mapping[bytes, bytes],
        name: str,
        route: Route | None,
        params: Mapping[str, str],
        body: upload.Body,
        error: ApiError | None,
    ) -> None:
        if self._options.latency:
            await asyncio.sleep(self._options.latency)
        grant = self._tokens.grant(_bearer(headers)) if route else None
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
                await self._send(send, injected(rule), rule)
                return
        if name == "token":
            answer = self._token(bytes(body.view()), verb=scope["method"])
        elif error is not None or route is None:
            answer = failure(error or ApiError(404, "Not Found"))
        else:
            answer = self._call(scope, headers, route, params, body, grant)
        await self._committed()
        if rule and rule.when == "after":
            await asyncio.sleep(rule.delay)
            if doomed or rule.drop:
                connection.abort()
                return
            if rule.status:
                answer = injected(rule)
        if rule and rule.truncate:
            await self._send(send, answer, rule, cut=True)
            connection.close()
            return
        if rule and rule.drop_idle:
            connection.doomed = rule
        await self._send(send, answer, rule if rule and rule.status else None)

    def _call(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        route: Route,
        params: Mapping[str, str],
        body: upload.Body,
        grant: Grant | None,
    ) -> Answer:
        pretty = True
        try:
            method = route.method
            user = _authorise(method, params, grant)
            assert grant is not None
            pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            query = method.query(pairs)
            pretty = query["prettyPrint"]
            self._quota.charge(user, method.id)
            handler = HANDLERS.get(method.id)
            if handler is None:
                raise ApiError(501, f"The sandbox does not implement {method.id}.")
            resource, content = self._parts(route, query, headers, body)
            mailbox = self._store.mailbox(user)
            result = handler(
                Call(
                    method=method,
                    path=params,
                    query=query,
                    json=resource,
                    content=content,
                    user=user,
                    mailbox=mailbox,
                    scopes=grant.scopes,
                    store=self._store,
                    options=self._options,
                )
            )
            if result is None:
                return 204, b""
            if mask := query.get("fields"):
                result = select(result, parse_fields(mask))
            return 200, dump(result, pretty)
        except ApiError as error:
            return failure(error, pretty)
        except Exception:
            log.exception("bug in the sandbox: %s", route.method.id)
            return failure(ApiError(500, "Internal error encountered."), pretty)

    def _parts(
        self,
        route: Route,
        query: Mapping[str, Any],
        headers: Mapping[bytes, bytes],
        body: upload.Body,
    ) -> tuple[dict[str, Any], memoryview | None]:
        """The JSON resource and the uploaded message of a request; ApiError 400, 501."""
        kind = headers.get(b"content-type", b"").decode("latin-1")
        protocol = query.get("uploadType") or query.get("upload_protocol")
        if route.upload is None:
            resource, content = upload.parse_json(body.view()), None
        elif route.upload == "resumable" or protocol == "resumable":
            raise ApiError(501, "The sandbox does not implement resumable uploads yet.")
        elif protocol == "multipart":
            resource, content = upload.split_related(body, kind)
        elif len(body.data):
            upload.media_type(kind)
            resource, content = {}, body.view()
        else:
            raise ApiError(400, upload.MISSING)
        if resource and route.method.request is not None:
            self._api.check(route.method.request, resource)
        return resource, content

    def _token(self, form: bytes, verb: str) -> Answer:
        try:
            if verb != "POST":
                raise TokenError(405, "invalid_request", "Only POST is allowed.")
            return 200, dump(self._tokens.exchange(form), True)
        except TokenError as error:
            return error.status, dump(error.body, True)

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

    async def _send(
        self, send: Send, answer: Answer, rule: Rule | None = None, *, cut: bool = False
    ) -> None:
        self._by_status[str(answer[0])] += 1
        await send_answer(send, answer, rule, cut=cut)

    async def _control(self, scope: Scope, receive: upload.Receive, send: Send) -> None:
        """`/_sandbox/stats` and `/_sandbox/faults`, for loopback peers only."""
        body = await upload.receive_body(receive, JSON_LIMIT, self._store.spool)
        what = (scope["method"], scope["raw_path"].decode("latin-1"))
        if not ipaddress.ip_address(scope["client"][0]).is_loopback:
            answer = failure(ApiError(403, "Only loopback peers may control the sandbox."))
        elif what == ("GET", "/_sandbox/stats"):
            answer = 200, dump(self._stats(), True)
        elif what == ("PUT", "/_sandbox/faults"):
            try:
                self._faults.rules = parse(json.loads(bytes(body.view()) or b"[]"))
                answer = 200, dump({"rules": len(self._faults.rules)}, True)
            except (FaultError, ValueError, TypeError) as error:
                answer = failure(ApiError(400, str(error)))
        else:
            answer = failure(ApiError(404, "Not Found"))
        await self._send(send, answer)

    def _stats(self) -> dict[str, Any]:
        stored = self._store.db.execute("SELECT count(*) FROM messages").fetchone()[0]
        return {
            "requests": dict(self._by_method),
            "statuses": dict(self._by_status),
            "units": dict(self._quota.total),
            "messages": stored,
            "fault_hits": [rule.hits for rule in self._faults.rules],
        }


def _limit(route: Route | None) -> int:
    """Bytes a request body may have."""
    if route is None or not route.method.max_size:
        return JSON_LIMIT
    if route.upload:
        return route.method.max_size + upload.ENVELOPE
    return route.method.max_size * 4 // 3 + upload.ENVELOPE


def _bearer(headers: Mapping[bytes, bytes]) -> str:
    kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _authorise(method: Method, params: Mapping[str, str], grant: Grant | None) -> str:
    """The mailbox a call is for; ApiError 400, 401, 403."""
    if grant is None:
        raise invalid_credentials()
    if not grant.scopes & method.scopes:
        raise ApiError(
            403,
            "Request had insufficient authentication scopes.",
            reason="insufficientPermissions",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "domain": "googleapis.com",
                    "metadata": {"service": "gmail.googleapis.com", "method": method.id},
                }
            ],
        )
    if grant.user is None:  # a service account has no mailbox
        raise ApiError(
            400,
            "Precondition check failed.",
            reason="failedPrecondition",
            status="FAILED_PRECONDITION",
        )
    if params.get("userId", "me").lower() not in ("me", grant.user):
        raise ApiError(403, f"Delegation denied for {grant.user}")
    return grant.user
