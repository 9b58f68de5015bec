"""Messages and folder names: from noise to nearly right, which finds more."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from imapclient.imap_utf7 import encode

from ..functional.every_case.folders import PLAIN, RENAMED

bounded = settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""An example is a whole migration: few of them, and no search for a smaller one."""

_ENDS = st.sampled_from([b"\r\n"] * 6 + [b"\n", b"\r", b"\r\r\n", b"\n\r"])
_VALUES = {
    b"From": [b"ann@example.com", b"Ann <ann@example.com>", b"(nobody)", b"<>", b"", b"a@b, c@d"],
    b"Date": [
        b"Tue, 05 Nov 2019 09:30:00 +0900",
        b"Thu, 01 Jan 1970 00:00:00 +0000",
        b"Tue, 05 Nov 2052 09:30:00 +0900",
        b"yesterday",
        b"",
    ],
    b"Message-ID": [b"<1@example.com>", b"<2@example.com>", b"3@example.com", b"<>", b"<a b>"],
    b"Subject": [b"Hello", b"\xe5\xb1\xb1", b"=?x?Q?=FF?=", b"\0"],
    b"Received": [b"from a by b; Wed, 06 Nov 2019 10:00:00 +0000", b"; never"],
    b"From ": [b"ann Tue Nov  5 00:30:00 2019"],
    b"": [b" a folded line", b"\tanother", b"no field at all"],
    b"Content-Type": [
        b"message/rfc822",
        b'multipart/mixed; boundary="b"',
        b'application/x; name="setup.exe"',
        b"text/plain; charset=x",
    ],
}


@st.composite
def _field(draw: st.DrawFn) -> bytes:
    name = draw(st.sampled_from([*_VALUES, b"From", b"Date", b"Message-ID"]))
    value = draw(st.sampled_from(_VALUES[name]) | st.binary(max_size=12))
    if not name or name.endswith(b" "):
        return name + value + draw(_ENDS)
    cased = draw(st.sampled_from([name, name.lower(), name.upper()]))
    colon = draw(st.sampled_from([b": "] * 4 + [b":", b" : ", b":\r\n "]))
    return cased + colon + value + draw(_ENDS)


@st.composite
def _nearly_right(draw: st.DrawFn) -> bytes:
    head = b"".join(draw(st.lists(_field(), max_size=8)))
    blank = draw(st.sampled_from([b"\r\n"] * 4 + [b"\n", b"\r", b"", b"\r\r\n", b" \r\n"]))
    body = draw(st.sampled_from([b"Hello\r\n", b"--b\r\n", b""]) | st.binary(max_size=60))
    return head + blank + body


messages = st.binary(max_size=80) | _nearly_right() | _nearly_right() | _nearly_right()

dates = st.sampled_from(
    [
        b'"04-Mar-2020 05:06:07 +0000"',
        b'"01-Jan-1970 00:00:00 +0000"',
        b'"31-Feb-2020 05:06:07 +0000"',
        b'"04-Mar-2090 05:06:07 +0900"',
        b"NIL",
    ]
)

_texts = st.text(min_size=1, max_size=30) | st.sampled_from([*PLAIN, *RENAMED])
# Names that Gmail takes for one, or keeps for itself.
_alike = ["a", "A", "a ", " a", "a b", "a  b", "A\u3000b", "é", "e\u0301", "É"]
_alike += ["ß", "ss", "Todo", "TODO"]
_components = st.one_of(
    st.sampled_from(_alike).map(lambda text: bytes(encode(text))),
    st.sampled_from(_alike).map(lambda text: bytes(encode(text))),
    _texts.map(lambda text: bytes(encode(text.encode("utf-16", "ignore").decode("utf-16")))),
    _texts.map(lambda text: text.encode("utf-8", "ignore")),
    st.text('aA/.&%*~"\\ -', min_size=1, max_size=8).map(str.encode),
    st.text("aAéÉ ", min_size=1, max_size=3).map(lambda text: bytes(encode(text))),
    st.binary(min_size=1, max_size=20),
)
folder_names = st.lists(_components, min_size=1, max_size=3)
"""The parts of a path, as on the wire."""
delimiters = st.sampled_from([b"/", b".", b"\\", b"|", b""])
