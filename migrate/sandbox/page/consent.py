"""The page on which a user lets a client into the mailbox: a form, and no password.

RFC 6749 4.1.1; what Google asks of an app on the user's machine is in
https://developers.google.com/identity/protocols/oauth2/native-app.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from migrate.sandbox.access.consents import Consents
from migrate.sandbox.access.directory import Directory
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request
from migrate.sandbox.page import policy
from migrate.sandbox.page.view import View

PATHS = ("/o/oauth2/auth", "/o/oauth2/v2/auth")
LOCAL = {"127.0.0.1", "::1", "localhost"}
FULL_NAMES = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
}
"""What Google calls a scope in its answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    redirect_uri: str
    scopes: frozenset[str]
    state: str
    challenge: str | None
    method: str
    hint: str


class ConsentPage:
    def __init__(self, consents: Consents, directory: Directory, scopes: frozenset[str]) -> None:
        """`scopes`: those that there are."""
        self._consents, self._directory = consents, directory
        self._scopes = scopes | {"openid", *FULL_NAMES.values()}

    @staticmethod
    def owns(path: str) -> bool:
        return path in PATHS

    def answer(self, request: Request, peer: str) -> Answer:
        """The form; on POST of it, the way back to the client."""
        shown = View.of(request)
        try:
            policy.admit(request, peer, verbs=("GET", "HEAD", "POST"))
            asked = self._asked(shown.query)
        except ApiError as error:
            return shown.page("error", error.code, code=error.code, said=error.message)
        if request.verb == "POST":
            form = dict(parse_qsl(bytes(request.body.view()).decode("latin-1")))
            return self._decided(shown, asked, form)
        return self._form(shown, asked, asked.hint)

    def _asked(self, query: Mapping[str, str]) -> Asked:
        """ApiError with Google's name for what is wrong: it never redirects to a stranger."""
        if query.get("client_id") != self._consents.client.client_id:
            raise ApiError(401, "invalid_client: The OAuth client was not found.")
        redirect = urlsplit(query.get("redirect_uri", ""))
        if redirect.scheme != "http" or redirect.hostname not in LOCAL or redirect.username:
            raise ApiError(400, "redirect_uri_mismatch")
        given = frozenset(query.get("scope", "").split())
        scopes = frozenset(FULL_NAMES.get(each, each) for each in given)
        method = query.get("code_challenge_method", "plain")
        if query.get("response_type") != "code" or method not in ("plain", "S256"):
            raise ApiError(400, "invalid_request")
        if not scopes or not scopes <= self._scopes:
            raise ApiError(400, f"invalid_scope: {' '.join(sorted(scopes - self._scopes))}")
        return Asked(
            query["redirect_uri"],
            scopes,
            query.get("state", ""),
            query.get("code_challenge"),
            method,
            query.get("login_hint", ""),
        )

    def _form(self, shown: View, asked: Asked, user: str, *, unknown: bool = False) -> Answer:
        # A form's policy also rules where its answer may lead.
        back = urlsplit(asked.redirect_uri)
        rule = policy.PAGE.replace(
            "form-action 'none'", f"form-action 'self' {back.scheme}://{back.netloc}"
        )
        return shown.page(
            "consent", rule=rule, user=user, unknown=unknown, scopes=sorted(asked.scopes)
        )

    def _decided(self, shown: View, asked: Asked, form: Mapping[str, str]) -> Answer:
        user = self._directory.find(form.get("user", "").strip())
        if form.get("decision") != "allow":
            answer = {"error": "access_denied"}
        elif user is None or not user.active:
            return self._form(shown, asked, form.get("user", ""), unknown=True)
        else:
            code = self._consents.code(
                user.address, asked.scopes, asked.redirect_uri, asked.challenge, asked.method
            )
            answer = {"code": code, "scope": " ".join(sorted(asked.scopes))}
        address = f"{asked.redirect_uri}?{urlencode({'state': asked.state, **answer})}"
        return Answer(302, b"", ((b"location", address.encode("latin-1", "replace")),))
