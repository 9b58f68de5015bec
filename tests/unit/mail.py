"""Headers to test with: those of the shared vectors, and generated ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

VECTORS = Path(__file__).parents[1] / "contracts" / "vectors"


def vectors(name: str, part: str = "cases") -> list[Any]:
    cases: list[Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))[part]
    assert cases
    return cases


NAMES = st.sampled_from(
    [b"Message-ID", b"message-id", b"Date", b"DATE", b"Received", b"From", b"Subject", b"X-Y"]
)
VALUES = st.sampled_from(
    [
        b" <1@example.com>",
        b" 1@example.com",
        b"\tbroken <1 @ example.com>",
        b" Fri, 21 Nov 1997 09:55:06 -0600",
        b" Fri, 21 Nov 3609 09:55:06 -0600",
        b" yesterday",
        b" from a by b; Fri, 21 Nov 1997 09:55:06 +0900",
        b"",
    ]
) | st.binary(max_size=20).map(lambda data: data.translate(None, b"\r\n"))


@st.composite
def headers(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A header with its empty line, and its fields, of one kind of line ends."""
    end = draw(st.sampled_from([b"\r\n", b"\n"]))
    fold = end + draw(st.sampled_from([b" ", b"\t"]))
    field = st.builds(
        lambda name, values: name + b":" + fold.join(values) + end,
        NAMES,
        st.lists(VALUES, min_size=1, max_size=3),
    )
    fields = draw(st.lists(field, min_size=1, max_size=6))
    return b"".join(fields) + end, fields
