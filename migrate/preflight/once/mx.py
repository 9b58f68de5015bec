"""Where does new mail arrive: at the old host, at Google, at both, or somewhere between?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from migrate.preflight.finding import Finding, not_asked, note, warning
from migrate.preflight.names import MailHosts, Names
from migrate.preflight.project import Project

_GOOGLE = (".google.com", ".googlemail.com")
"""https://support.google.com/a/answer/174125: smtp.google.com, and the older aspmx… of both."""
_MOST = 50  # domains that are asked for
_LONG = 3600  # seconds; more of a TTL is best lowered before the MX is changed


def check(project: Project) -> Iterator[Finding]:
    """One finding for each domain of the addresses on both sides."""
    names, old = project.names, project.config.source.address.host
    if names is None:
        yield not_asked("mx-rehearsal")
        return
    for domain in _domains(project)[:_MOST]:
        found = names.mail_hosts(domain)
        yield judge(domain, found, {each for each in found.hosts if _is_at(each, old, names)})


def judge(domain: str, found: MailHosts, old: set[str]) -> Finding:
    """`old`: those of the hosts that are the source's. Pure."""
    if found.why == "mx-unknown":
        return not_asked(found.why, domain=domain, reason=found.reason)
    if found.why:
        return warning(found.why, domain=domain)
    told: dict[str, Any] = {"domain": domain, "hosts": ", ".join(found.hosts), "ttl": found.ttl}
    google = {each for each in found.hosts if f".{each}".endswith(_GOOGLE)}
    if google == set(found.hosts):
        return note("mx-google", **told)
    if google:
        return warning("mx-split", **told)
    if old:
        return note("mx-old-slow" if found.ttl > _LONG else "mx-old", **told)
    return note("mx-elsewhere", **told)


def _is_at(host: str, old: str, names: Names) -> bool:
    """By name, by the domain that both are in, or by address."""
    above = old.partition(".")[2]
    near = "." in above and f".{host}".endswith(f".{above}")
    return host == old or near or bool(names.addresses(host) & names.addresses(old))


def _domains(project: Project) -> list[str]:
    """The most frequent first."""
    users = [
        user
        for each in project.seen
        for user in (each.account.target_user, each.account.source_user)
    ]
    counted = Counter(user.rpartition("@")[2].casefold() for user in users if "@" in user)
    return sorted(counted, key=lambda domain: (-counted[domain], domain))
