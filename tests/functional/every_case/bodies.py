"""Of headers and bodies: whatever they are, they go up byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

from .case import ARRIVED, HASH, SENT_TEXT, Case, Fix, letter, refused

JAPANESE = "件名：表示の見積もり ソ能"
_ENDS = b"Line one\r\nLine two\nLine three\rLine four\r\r\nLine five\n\r"


def headers() -> Iterator[Case]:
    for charset in ("utf-8", "shift_jis", "euc_jp", "iso2022_jp"):
        text = JAPANESE.encode(charset)
        yield Case(f"header-{charset}", letter(f"header-{charset}", text, Subject=text))
    nul = letter("header-nul", b"a\0b\r\n\0\r\n", Subject=b"a\0b")
    yield Case("header-nul", nul)
    yield Case("header-control", letter("header-control", Subject=b"\x01\x07\x1b[31m\x7f\x80"))
    large = b"".join(b"X-Padding-%d: %s\r\n" % (n, b"p" * 190) for n in range(1_000))
    yield Case("header-200-kb", large + letter("header-200-kb"))
    passed = b"Received: from a by b; Wed, 06 Nov 2019 10:00:00 +0000\r\n" * 2_000
    yield Case("header-2000-received", passed + letter("header-2000-received"))
    everybody = ",\r\n ".join(f"Person {n} <person{n}@example.com>" for n in range(5_000))
    yield Case("header-5000-recipients", letter("header-5000-recipients", To=everybody))
    yield Case("header-1-mb-line", letter("header-1-mb-line", Subject="s" * 900_000))
    nonsense = letter("header-nonsense", X_Last=b"1\r\nthis line is no field\r\n: nor is this")
    yield Case("header-nonsense", nonsense)
    yield Case("header-blank-folds", letter("header-blank-folds", X_Last=b"1\r\n \r\n\t\r\n x"))
    spaced = letter("header-spaced", From=None, Date=None).replace(b"To:", b"To :", 1)
    spaced = b"From : ann@example.com\r\nDate : " + SENT_TEXT.encode() + b"\r\n" + spaced
    yield Case("header-spaced", spaced)
    mbox = b"From ann@example.com Tue Nov  5 00:30:00 2019\r\n"
    yield Case("mbox-line", mbox + letter("mbox-line"))
    yield Case("mbox-line-quoted", b">" + mbox + letter("mbox-line-quoted"))
    repaired = mbox + letter("mbox-line-repaired", Date=None, Message_ID=None)
    fixes = {"Message-ID": Fix(HASH, "missing"), "Date": Fix(ARRIVED, "missing")}
    yield Case("mbox-line-repaired", repaired, shown=ARRIVED, fixes=fixes)


def bodies() -> Iterator[Case]:
    yield Case("body-ends", letter("body-ends", _ENDS))
    yield Case("body-8-bit", letter("body-8-bit", bytes(range(1, 256)) * 4))
    yield Case("body-unended", letter("body-unended", "no line end"))
    yield Case("body-1-mb-line", letter("body-1-mb-line", "x" * 1_000_000))
    yield Case("body-dots", letter("body-dots", b".\r\n..\r\n* 1 FETCH (UID 1 BODY[] {5}\r\n)\r\n"))
    yield Case("body-from-lines", letter("body-from-lines", b"From here\r\n>From there\r\n"))
    yield Case("body-none", letter("body-none", b""))
    headless = letter("body-unseparated", b"").removesuffix(b"\r\n")
    yield Case("body-unseparated", headless)
    yield refused("no-byte", b"", "source-no-body", "source-unreadable")
    for name, raw in {
        "one-byte": b"x",
        "only-body": b"Hello,\r\n\r\nthis mail was never given a header.\r\n",
        "blank-first": b"\r\n" + letter("blank-first"),
        "only-line-ends": b"\r\n\r\n\r\n",
    }.items():
        yield refused(name, raw, "gmail-from-count", "from-missing")


def mime() -> Iterator[Case]:
    mixed = {"MIME_Version": "1.0", "Content_Type": 'multipart/mixed; boundary="b"'}
    cut = b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Ty"
    yield Case("mime-cut", letter("mime-cut", cut, **mixed))
    yield Case("mime-no-parts", letter("mime-no-parts", b"nothing here\r\n", **mixed))
    no_boundary = letter("mime-no-boundary", cut, Content_Type="multipart/mixed")
    yield Case("mime-no-boundary", no_boundary)
    charset = letter("mime-charset", b"\xe9\xff\r\n", Content_Type="text/plain; charset=x-klingon")
    yield Case("mime-charset", charset)
    encoding = {"Content_Transfer_Encoding": "base64", "Content_Type": "image/png"}
    yield Case("mime-base64", letter("mime-base64", b"iVBOR!!!w0KGgo=*=\r\n====\r\n", **encoding))
    encoding = {"Content_Transfer_Encoding": "quoted-printable"}
    yield Case("mime-qp", letter("mime-qp", b"=XX=\r\n=3\r\n==\r\n", **encoding))
    odd = letter("mime-encoding", b"hello\r\n", Content_Transfer_Encoding="x-uuencode; 7bit")
    yield Case("mime-encoding", odd)
    deep = b"At the bottom\r\n"
    for level in range(150, 0, -1):
        head = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        deep = head + deep + b"--b%d--\r\n" % level
    yield Case(
        "mime-150-levels", letter("mime-150-levels", None).split(b"\r\n\r\n")[0] + b"\r\n" + deep
    )
    inner = letter("inner", From=None, Date="never", Message_ID=None)
    for name, wrapped in {
        "message": inner,
        "two-froms": b"From: a@b.c\r\nFrom: d@e.f\r\n" + inner,
    }.items():
        raw = letter(f"mime-{name}", wrapped, Content_Type="message/rfc822")
        yield Case(f"mime-{name}", raw)
    many = b"".join(b"--b\r\n\r\npart %d\r\n" % n for n in range(2_000)) + b"--b--\r\n"
    yield Case("mime-2000-parts", letter("mime-2000-parts", many, **mixed))
    invite = (
        b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n"
        b"DTSTART:20191105T000000Z\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    calendar = 'text/calendar; method=REQUEST; charset="utf-8"'
    yield Case("mime-invite", letter("mime-invite", invite, Content_Type=calendar))
    gtube = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
    yield Case("looks-like-spam", letter("looks-like-spam", gtube))
