"""Is the source there, is the way to it encrypted, does it let us in?"""

from __future__ import annotations

from migrate.errors import MailhaulError
from migrate.loopback import is_loopback
from migrate.preflight.finding import Finding, failed, fine, not_asked, warning
from migrate.preflight.seen import Seen

_BEFORE_TLS = {
    "source-unknown-host",
    "source-unreachable",
    "source-timeout",
    "source-not-imap",
    "source-busy",
    "source-lost",
}
_OF_TLS = {
    "source-certificate",
    "source-tls",
    "source-no-starttls",
    "source-pem",
    "source-client-cert",
}


def reachable(seen: Seen) -> Finding:
    if isinstance(seen.source, MailhaulError) and seen.source.code in _BEFORE_TLS:
        return failed(seen.source)
    return fine(host=seen.config.source.address.host, port=seen.config.source.address.port)


def encrypted(seen: Seen) -> Finding:
    settings = seen.config.source
    if isinstance(seen.source, MailhaulError):
        if seen.source.code in _BEFORE_TLS:
            return not_asked("check-after-error")
        if seen.source.code in _OF_TLS:
            return failed(seen.source)
    if settings.tls == "insecure-plaintext" and not is_loopback(settings.address.host):
        return warning("source-plaintext", host=settings.address.host)
    return fine(tls=settings.tls == "required")


def logged_in(seen: Seen) -> Finding:
    if not isinstance(seen.source, MailhaulError):
        provider = seen.source.provider
        return fine(provider=provider.id, name=provider.name)
    if seen.source.code in _BEFORE_TLS | _OF_TLS:
        return not_asked("check-after-error")
    return failed(seen.source)
