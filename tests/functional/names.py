"""A DNS server on 127.0.0.1 that knows what a test tells it, for tests of look-ups."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = Mapping[str, Mapping[str, Sequence[str]]]
"""Name → type → records; a name that is not there does not exist."""
TTL = 600


@contextmanager
def running_dns(records: Records, ttls: Mapping[str, int] | None = None) -> Iterator[str]:
    """Its `address:port`. A name whose records are empty gets no answer of any kind."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(listener, records, ttls or {}))
        thread.start()
        try:
            yield "{}:{}".format(*listener.getsockname())
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closing:
                closing.sendto(b"", listener.getsockname())
            thread.join()


def _serve(listener: socket.socket, records: Records, ttls: Mapping[str, int]) -> None:
    while True:
        data, peer = listener.recvfrom(4096)
        if not data:
            return
        listener.sendto(_answer(dns.message.from_wire(data), records, ttls).to_wire(), peer)


def _answer(
    query: dns.message.Message, records: Records, ttls: Mapping[str, int]
) -> dns.message.Message:
    (asked,) = query.question
    name, kind = asked.name.to_text().rstrip("."), dns.rdatatype.to_text(asked.rdtype)
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    if name not in records:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif not records[name]:
        answer.set_rcode(dns.rcode.REFUSED)
    elif found := records[name].get(kind):
        rows = dns.rrset.from_text_list(asked.name, ttls.get(name, TTL), "IN", kind, found)
        answer.answer.append(rows)
    return answer
