"""Look-ups in the DNS, each name once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from migrate.errors import UsageError

_LIFETIME = 5.0  # seconds for a name, all servers and tries together
_PORT = 53


@dataclass(frozen=True, slots=True)
class MailHosts:
    """Where mail for a domain goes (RFC 5321 5.1)."""

    hosts: tuple[str, ...] = ()
    """In lower case, without the dot at the end, those of the highest priority first."""
    ttl: int = 0
    """Seconds that others keep the answer."""
    why: Literal["", "mx-no-domain", "mx-none", "mx-null", "mx-unknown"] = ""
    """Why there are no hosts: no such domain; no MX; a null MX, which takes no mail (RFC 7505); no
    answer from the DNS."""
    reason: str = ""


class Names:
    """Asks one resolver."""

    def __init__(self, server: str | None) -> None:
        """`server`: `address`, `address:port` or `[address]:port`; None: as this machine is
        configured. UsageError `dns-server`."""
        self._resolver = dns.resolver.Resolver(configure=False)
        if server is None:
            with suppress(dns.resolver.NoResolverConfiguration):  # then nobody answers
                self._resolver = dns.resolver.Resolver()
        else:
            try:
                host, self._resolver.port = _split(server)
                self._resolver.nameservers = [host]
            except ValueError as error:
                raise UsageError("dns-server", server=server, reason=error) from error
        self._resolver.lifetime = _LIFETIME
        self.addresses = cache(self._addresses)

    def mail_hosts(self, domain: str) -> MailHosts:
        try:
            answer = self._resolver.resolve(_absolute(domain), "MX")
        except dns.resolver.NXDOMAIN:
            return MailHosts(why="mx-no-domain")
        except dns.resolver.NoAnswer:
            return MailHosts(why="mx-none")
        except (dns.exception.DNSException, UnicodeError, OSError) as error:
            return MailHosts(why="mx-unknown", reason=str(error))
        ordered = sorted(answer, key=lambda each: int(each.preference))
        hosts = [str(each.exchange).rstrip(".").lower() for each in ordered]
        ttl = answer.rrset.ttl if answer.rrset is not None else 0
        return MailHosts(tuple(hosts), ttl) if any(hosts) else MailHosts(ttl=ttl, why="mx-null")

    def _addresses(self, host: str) -> frozenset[str]:
        """IPv4 and IPv6; empty when there are none, or nobody answers."""
        found = set()
        for kind in ("A", "AAAA"):
            try:
                found |= {str(each) for each in self._resolver.resolve(_absolute(host), kind)}
            except (dns.exception.DNSException, UnicodeError, OSError):
                continue
        return frozenset(found)


def _absolute(name: str) -> dns.name.Name:
    """Never below a search domain of this machine."""
    return dns.name.from_text(name.rstrip(".") + ".")


def _split(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if server.startswith("[") and not server.endswith("]"):
        return host.strip("[]"), int(port)
    if colon and ":" not in host:
        return host, int(port)
    return server.strip("[]"), _PORT
