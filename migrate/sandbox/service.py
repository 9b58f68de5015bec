"""One API call: route → token → scope → user → parameters → cost → method."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from migrate.sandbox.access.directory import Directory
from migrate.sandbox.access.tokens import Grant, Tokens
from migrate.sandbox.description.api import Api, Method, Route
from migrate.sandbox.http import bodies
from migrate.sandbox.http.errors import ApiError, invalid_credentials
from migrate.sandbox.http.fields import parse as parse_fields
from migrate.sandbox.http.fields import select
from migrate.sandbox.http.request import NO_CONTENT, Answer, Request, failure, success
from migrate.sandbox.limits.limits import Limits
from migrate.sandbox.mailbox.store import Store
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.table import HANDLERS
from migrate.sandbox.options import Options

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    store: Store
    tokens: Tokens
    directory: Directory
    api: Api
    limits: Limits
    options: Options

    def grant(self, headers: Mapping[bytes, bytes]) -> Grant | None:
        """What the request's bearer token stands for; None when there is no valid one."""
        kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return self.tokens.grant(token.strip()) if kind.lower() == "bearer" else None

    def perform(
        self, request: Request, route: Route, params: Mapping[str, str], grant: Grant | None
    ) -> Answer:
        """Do it; what changed is committed by the caller before the answer leaves."""
        pretty = True
        try:
            method = route.method
            grant = self._authorised(method, params, grant)
            pairs = parse_qsl(request.query, keep_blank_values=True)
            query = method.query(pairs)
            pretty = query["prettyPrint"]
            handler = HANDLERS.get(method.id)
            if handler is None:
                raise ApiError(501, f"The sandbox does not implement {method.id}.")
            resource, content = _parts(request, route, query)
            self.limits.charge(grant, method.id, len(content) if content is not None else 0)
            user = grant.user or ""
            result = handler(
                Call(
                    method=method,
                    path=params,
                    query=query,
                    json=resource,
                    content=content,
                    user=user,
                    mailbox=self.store.mailbox(user) if "userId" in params else 0,
                    scopes=grant.scopes,
                    store=self.store,
                    directory=self.directory,
                    tokens=self.tokens,
                    options=self.options,
                )
            )
            if result is None:
                return NO_CONTENT
            if mask := query.get("fields"):
                result = select(result, parse_fields(mask))
            return success(result, pretty)
        except ApiError as error:
            return failure(error, pretty)
        except Exception:
            log.exception("bug in the sandbox: %s", route.method.id)
            return failure(ApiError(500, "Internal error encountered."), pretty)

    def _authorised(self, method: Method, params: Mapping[str, str], grant: Grant | None) -> Grant:
        """The grant, if it entitles to this call; ApiError 400, 401, 403."""
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
        if "userId" in params:
            self._mailbox_of(grant, params["userId"])
        return grant

    def _mailbox_of(self, grant: Grant, asked: str) -> None:
        """Whether Gmail serves this mailbox to this grant; ApiError 400, 403."""
        account = self.directory.find(grant.user) if grant.user else None
        if account is None:  # a service account has no mailbox
            raise _precondition("Precondition check failed.")
        if asked.lower() not in ("me", grant.user):
            raise ApiError(403, f"Delegation denied for {grant.user}")
        if not account.mail:
            raise _precondition("Mail service not enabled")


def _precondition(message: str) -> ApiError:
    return ApiError(400, message, reason="failedPrecondition", status="FAILED_PRECONDITION")


def _parts(
    request: Request, route: Route, query: Mapping[str, Any]
) -> tuple[Mapping[str, Any], memoryview | None]:
    """The JSON resource and the uploaded message of a request; ApiError 400, 501."""
    kind, body = request.header(b"content-type"), request.body
    protocol = query.get("uploadType") or query.get("upload_protocol")
    resource: Mapping[str, Any]
    if route.upload is None:
        resource, content = bodies.parse_json(body.view()), None
    elif route.upload == "resumable" or protocol == "resumable":
        raise ApiError(501, "The sandbox does not implement resumable uploads yet.")
    elif protocol == "multipart":
        resource, content = bodies.split_related(body, kind)
    elif len(body.data):
        bodies.media_type(kind)
        resource, content = {}, body.view()
    else:
        raise ApiError(400, bodies.MISSING)
    route.method.check(resource)
    return resource, content
