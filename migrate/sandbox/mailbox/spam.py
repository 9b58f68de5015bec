"""Which messages the sandbox takes for spam, in place of Gmail's classifier."""

from __future__ import annotations

from zlib import crc32

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""The public test pattern for spam filters, https://spamassassin.apache.org/gtube/."""
LOOK = 1024 * 1024


def is_spam(content: memoryview, share: float) -> bool:
    """GTUBE in the first MiB, or one of a `share` (0 to 1) of all messages: always the same."""
    head = bytes(content[:LOOK])
    return GTUBE in head or crc32(head) < share * 2**32
