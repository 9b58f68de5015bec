"""Logging in: SASL PLAIN, XOAUTH2, OAUTHBEARER and EXTERNAL, LOGIN, and PROXYAUTH after it."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence

from migrate.errors import DayUsedUp, MailhaulError, SourceError, SourceLost
from migrate.source import patience
from migrate.source.login import Bearer, Login
from migrate.source.wire import Refused, Wire, astring, readable

# Not the account's fault either (RFC 5530); of a command it is no reason to send it again.
_BUG = re.compile(r"\[SERVERBUG\b", re.IGNORECASE)
# Gmail: "Your account is not enabled for IMAP use". Exchange Online logs such users in and then
# says "User is authenticated but not connected".
_NO_IMAP = re.compile(
    r"not enabled for imap|imap[^.]{0,40}(disabled|not enabled|deactivated|not allowed)"
    r"|authenticated but not connected",
    re.IGNORECASE,
)

_TRACE = 4  # characters of a secret, from its beginning, that say nothing of it


def log_in(wire: Wire, login: Login, offered: frozenset[bytes]) -> None:
    """Raises SourceError; SourceLost where another try may help."""
    if login.tokens:
        _with_token(wire, login, login.tokens, offered)
    elif login.auth == "external":
        _need(b"AUTH=EXTERNAL", login, offered)
        # RFC 4422 A: who we want to be; the certificate says who we are.
        _run(wire, login, offered, b"EXTERNAL", login.user)
    else:
        _with_password(wire, login, offered)
        if login.auth == "admin" and login.admin_style == "proxyauth":
            try:
                wire.run(b"PROXYAUTH", astring(login.user.encode()))
            except Refused as refused:
                raise _told(refused, wire, login) from None


def explained(error: SourceError, host: str) -> SourceError:
    """What a refusal after the login means, if it concerns the whole account; else `error`."""
    answer = str(error.params.get("answer", ""))
    if isinstance(error, Refused) and _NO_IMAP.search(answer):
        return SourceError("source-imap-disabled", host=host, answer=answer)
    return error


def _with_password(wire: Wire, login: Login, offered: frozenset[bytes]) -> None:
    """SASL PLAIN if offered (UTF-8 passwords, RFC 4616), else LOGIN."""
    authzid, name, password = login.identity
    said = "\0".join((authzid, name, password))
    if b"AUTH=PLAIN" in offered:
        _run(wire, login, offered, b"PLAIN", said, password)
        return
    if authzid or b"LOGINDISABLED" in offered:
        raise _no_method(login, offered)
    try:
        wire.run(b"LOGIN", astring(name.encode()), astring(password.encode()))
    except (Refused, SourceLost) as error:
        encoded = b64encode(said.encode()).decode()
        quoted = readable(astring(password.encode()))[1:-1]
        raise _told(error, wire, login, encoded, quoted, password) from None


def _with_token(wire: Wire, login: Login, tokens: Bearer, offered: frozenset[bytes]) -> None:
    """XOAUTH2 (Google's and Microsoft's pages of that name) or OAUTHBEARER (RFC 7628 3.1)."""
    token = tokens.bearer()
    if login.auth == "xoauth2":
        mechanism, reply = b"XOAUTH2", b""
        said = f"user={login.user}\1auth=Bearer {token}\1\1"
    else:
        mechanism, reply = b"OAUTHBEARER", b64encode(b"\1")
        user = login.user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 4
        said = f"n,a={user},\1host={login.host}\1port={login.port}\1auth=Bearer {token}\1\1"
    _need(b"AUTH=" + mechanism, login, offered)
    try:
        _run(wire, login, offered, mechanism, said, token, reply=reply)
    except SourceLost:
        raise
    except SourceError as error:
        if error.code != "source-login-refused":
            raise
        kind = SourceLost if tokens.refused(token, login.user) else SourceError
        raise kind("source-token-rejected", **error.params) from None
    tokens.accepted(token, login.user)


def _need(capability: bytes, login: Login, offered: frozenset[bytes]) -> None:
    if capability not in offered:
        raise _no_method(login, offered)


def _no_method(login: Login, offered: frozenset[bytes]) -> SourceError:
    methods = b" ".join(sorted(word for word in offered if word.startswith(b"AUTH=")))
    return SourceError("source-no-login-method", host=login.host, offered=readable(methods))


def _run(
    wire: Wire,
    login: Login,
    offered: frozenset[bytes],
    mechanism: bytes,
    said: str,
    *secrets: str,
    reply: bytes = b"*",
) -> None:
    """AUTHENTICATE (RFC 9051 6.2.2) with all we have to say at once; a challenge after it is
    answered with `reply`. Raises what a refusal means, with no secret in it."""
    initial = b64encode(said.encode())
    challenge = ""
    try:
        if b"SASL-IR" in offered:
            tag = wire.send(b"AUTHENTICATE", mechanism, initial or b"=")
        else:
            tag = wire.send(b"AUTHENTICATE", mechanism)
            wire.go_ahead()
            wire.write(initial)
        while (response := wire.receive()).tag != tag:
            if response.tag == b"+":
                challenge = _decoded(response.text)
                wire.write(reply)
        wire.finish(response)
    except (Refused, SourceLost) as error:
        raise _told(error, wire, login, initial.decode(), *secrets, challenge=challenge) from None


def _decoded(challenge: bytes) -> str:
    """What is wrong, in JSON (RFC 7628 3.2.2)."""
    try:
        return readable(b64decode(challenge, validate=True))
    except binascii.Error:
        return readable(challenge)


def _told(
    error: Refused | SourceLost, wire: Wire, login: Login, *secrets: str, challenge: str = ""
) -> MailhaulError:
    if isinstance(error, SourceLost):
        params = {name: _without(secrets, str(value)) for name, value in error.params.items()}
        return type(error)(error.code, **params)
    said = (str(error.params["answer"]), challenge)
    answer = " ".join(_without(secrets, each) for each in said).strip()
    where: dict[str, object] = {"host": login.host, "user": login.user, "answer": answer}
    if patience.used_up(answer):
        return DayUsedUp("source-bandwidth", host=login.host, answer=answer)
    if (seconds := patience.hinted(answer)) is not None:
        wire.rest(seconds)
    if patience.is_busy(answer) or patience.crowded(answer) or _BUG.search(answer):
        return SourceLost("source-busy", **where)
    if _NO_IMAP.search(answer):
        return SourceError("source-imap-disabled", host=login.host, answer=answer)
    return SourceError("source-login-refused", **where)


def _without(secrets: Sequence[str], text: str) -> str:
    """A server may repeat what it did not understand; what it says has been cut off, perhaps in
    the middle of that."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
        for length in range(min(len(secret), len(text)), _TRACE, -1):
            if text.endswith(secret[:length]):
                text = text[:-length] + "…"
                break
    return text
