"""The questions about Gmail: how each is asked, and what the answer is.

Each function does its experiment in the lab and returns what was seen; it raises `Unclear` when
Gmail did something that is none of the expected answers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from migrate.measure.client import Reply
from migrate.measure.lab import Lab, must

MINIMAL = {"format": "minimal"}
MEBIBYTE = 1 << 20
DAY = 86_400
LENGTH, LONGEST = 225, 1024
"""The supposed limit of a label's name, and how far it is tried."""
BURST = 50
LARGEST = 36
"""MiB of the largest message that `raw_limit` sends."""
BATCH_UNITS = 50
"""Units of one batchModify."""
PLANS = {"2026": 6_000, "legacy": 15_000}


@dataclass(frozen=True, slots=True)
class Finding:
    """`value` in the words of the sandbox's `--assume`; `evidence` is what Gmail answered."""

    value: str
    evidence: str


class Unclear(Exception):
    """An answer that none of the values stands for."""


def dedupe(lab: Lab) -> Finding:
    name = lab.new_id()
    mail = lab.mail(message_id=name)
    first, second = lab.stored(mail), lab.stored(mail)
    if first != second:
        return Finding("off", f"2 × import: {first}, {second}")
    third = lab.stored(lab.mail(message_id=name, body=b"Other bytes.\r\n"))
    value = "message-id" if third == first else "content"
    return Finding(value, f"2 × import: {first}, {second}; other bytes: {third}")


def dedupe_trash(lab: Lab) -> Finding:
    mail = lab.mail()
    first = lab.stored(mail)
    must(lab.client.call("POST", f"messages/{first}/trash"))
    again = lab.stored(mail)
    found = must(lab.client.call("GET", f"messages/{again}", query=MINIMAL))
    labels = found.get("labelIds", ())
    evidence = f"trash {first}, import: {again} {' '.join(labels)}"
    if again != first:
        return Finding("new", evidence)
    return Finding("merge" if "TRASH" in labels else "untrash", evidence)


def joined(lab: Lab) -> Finding:
    parent = lab.new_id()
    answer = lab.stored(lab.mail(headers=[f"References: {parent}"]))
    first = lab.stored(lab.mail(message_id=parent))
    found = [
        str(must(lab.client.call("GET", f"messages/{each}", query=MINIMAL))["threadId"])
        for each in (answer, first)
    ]
    value = "both" if found[0] == found[1] else "ancestors"
    return Finding(value, f"answer: {found[0]}; then what it answers: {found[1]}")


def sent_draft(lab: Lab) -> Finding:
    replies = {label: lab.put(lab.mail(), label) for label in ("SENT", "DRAFT")}
    evidence = "; ".join(f"{label}: {reply}" for label, reply in replies.items())
    return Finding("accept" if all(each.fine for each in replies.values()) else "refuse", evidence)


def future_date(lab: Lab) -> Finding:
    date = int(time.time()) + 30 * DAY
    found = lab.stored(lab.mail(date=date))
    reply = must(lab.client.call("GET", f"messages/{found}", query=MINIMAL))
    seen = int(str(reply["internalDate"])) // 1000
    value = "keep" if abs(seen - date) < DAY else "now"
    return Finding(value, f"Date {date}, internalDate {seen}")


def missing_message_id(lab: Lab) -> Finding:
    head = lab.raw(lab.stored(lab.mail(message_id=None))).partition(b"\r\n\r\n")[0]
    found = [line for line in head.split(b"\r\n") if line.lower().startswith(b"message-id:")]
    if not found:
        return Finding("keep", "—")
    return Finding("add", found[0].decode("ascii", "replace"))


def nul(lab: Lab) -> Finding:
    return _bytes(lab, b"one\x00two\r\n", {b"one\x00two\r\n": "keep", b"onetwo\r\n": "strip"})


def bare_newlines(lab: Lab) -> Finding:
    wanted = {b"1\n2\r3\r\n": "keep", b"1\r\n2\r\n3\r\n": "crlf"}
    return _bytes(lab, b"1\n2\r3\r\n", wanted)


def header_bytes(lab: Lab) -> Finding:
    reply = lab.put(lab.mail(headers=("X-Mailhaul-Test: 試験",)))
    if reply.status == 400:
        return Finding("refuse", str(reply))
    head = lab.raw(str(must(reply)["id"])).partition(b"\r\n\r\n")[0]
    if "試験".encode() not in head:
        raise Unclear(repr(head[-200:]))
    return Finding("keep", "試験")


def long_lines(lab: Lab) -> Finding:
    line = b"x" * 2000 + b"\r\n"
    return _bytes(lab, line, {line: "keep"})


def _bytes(lab: Lab, body: bytes, known: dict[bytes, str]) -> Finding:
    reply = lab.put(lab.mail(body=body))
    if reply.status == 400:
        return Finding("refuse", str(reply))
    seen = lab.raw(str(must(reply)["id"])).partition(b"\r\n\r\n")[2]
    if seen not in known:
        raise Unclear(repr(seen))
    return Finding(known[seen], repr(seen))


def attachments(lab: Lab) -> Finding:
    headers = (
        "MIME-Version: 1.0",
        'Content-Type: application/octet-stream; name="test.exe"',
        'Content-Disposition: attachment; filename="test.exe"',
    )
    imported = lab.put(lab.mail(headers=headers))
    inserted = lab.put(lab.mail(headers=headers), method="insert")
    evidence = f"import: {imported}; insert: {inserted}"
    if imported.fine and not inserted.fine:
        raise Unclear(evidence)
    if imported.fine:
        return Finding("off", evidence)
    return Finding("import" if inserted.fine else "all", evidence)


def classify(lab: Lab) -> Finding:
    made = must(lab.put(lab.mail(), "INBOX"))
    added = {str(each) for each in made.get("labelIds", ())} - {lab.label, "INBOX"}
    return Finding("on" if added else "off", " ".join(sorted(added)) or "—")


def label_spaces(lab: Lab) -> Finding:
    reply = lab.create_label(" a  b ")
    if not reply.fine:
        return Finding("refuse", str(reply))
    seen = str(reply.json["name"])
    known = {f"{lab.name} a  b ": "keep", f"{lab.name} a b": "collapse"}
    if seen not in known:
        raise Unclear(repr(seen))
    return Finding(known[seen], repr(seen))


def label_length(lab: Lab) -> Finding:
    return _longest(lab, "x")


def label_unit(lab: Lab) -> Finding:
    longest = _longest(lab, "y")
    left = int(longest.value) - len(lab.name)
    if left < 1:
        raise Unclear(longest.evidence)
    replies = []
    for value, letter in (("characters", "😀"), ("utf-16", "あ")):
        replies.append(f"{left} × {letter}: {(reply := lab.create_label(letter * left))}")
        if reply.fine:
            return Finding(value, "; ".join(replies))
    return Finding("bytes", "; ".join(replies))


def _longest(lab: Lab, letter: str) -> Finding:
    def accepts(length: int) -> bool:
        return lab.create_label(letter * (length - len(lab.name))).fine

    low, high = len(lab.name), LONGEST
    if accepts(LENGTH):
        low = LENGTH
        if not accepts(LENGTH + 1):
            high = LENGTH + 1
        elif accepts(LONGEST):
            return Finding("0", f"{LONGEST}: 200")
        else:
            low = LENGTH + 1
    else:
        high = LENGTH
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if accepts(middle) else (low, middle)
    return Finding(str(low), f"{low}: 200; {high}: 400")


def reserved_names(lab: Lab) -> Finding:
    reply = lab.create_label("/Drafts")
    return Finding("first" if reply.fine else "any", f"…/Drafts: {reply}")


def conflict_reason(lab: Lab) -> Finding:
    must(lab.create_label(" twin"))
    reply = lab.create_label(" TWIN", refusals=(400, 409))
    if reply.status != 409:
        raise Unclear(str(reply))
    return Finding(reply.reason, f"{reply} ({reply.reason})")


def raw_limit(lab: Lab) -> Finding:
    def send(size: int) -> Reply:
        line = b"x" * 76 + b"\r\n"
        mail = lab.mail()
        mail += line * (size * MEBIBYTE // len(line) + 1)
        return lab.put(mail[: size * MEBIBYTE], refusals=(400, 413))

    low, high = 0, LARGEST
    last = send(LARGEST)
    if last.fine:
        return Finding("0", f"{LARGEST} MiB: {last}")
    while high - low > 1:
        middle = (low + high) // 2
        reply = send(middle)
        low, high, last = (middle, high, last) if reply.fine else (low, middle, reply)
    if low == 0:  # as a value, 0 is no limit
        raise Unclear(f"{high} MiB: {last}")
    return Finding(f"{low}M", f"{low} MiB: 200; {high} MiB: {last}")


def concurrency(lab: Lab) -> Finding:
    """How many of a burst get through; connections are open before it begins."""
    gate, few = threading.Barrier(BURST, timeout=100), threading.Semaphore(2)

    def one(_: int) -> Reply:
        try:
            with few:
                must(lab.client.call("GET", f"labels/{lab.label}"))
        except BaseException:
            gate.abort()
            raise
        gate.wait()
        return lab.client.call("GET", f"labels/{lab.label}", patient=False)

    with ThreadPoolExecutor(BURST) as pool:
        calls = [pool.submit(one, number) for number in range(BURST)]
    failed = [error for each in calls if (error := each.exception())]
    if failed:  # a broken gate is only what the first failure, or a slow network, led to
        first = (each for each in failed if not isinstance(each, threading.BrokenBarrierError))
        raise next(first, Unclear(f"{BURST} × labels.get"))
    replies = [each.result() for each in calls]
    refused = [each for each in replies if each.status == 429 and "concurrent" in each.error]
    others = [each for each in replies if not each.fine and each not in refused]
    if others:
        raise Unclear(str(others[0]))
    if not refused:
        return Finding("0", f"{BURST} × labels.get: 200")
    through = sum(each.fine for each in replies)
    return Finding(str(through), f"{BURST} × labels.get: {through} × 200; {refused[0]}")


def quota(lab: Lab) -> Finding:
    """Spends a minute's quota; whoever comes next waits a minute."""
    found = lab.stored(lab.mail())
    body = {"ids": [found], "addLabelIds": ["STARRED"]}
    most = max(PLANS.values()) * 1.1
    spent, reply = 0, Reply(204, {})
    begun = time.monotonic()
    while spent < most and time.monotonic() - begun < 55:
        reply = lab.client.call("POST", "messages/batchModify", body, patient=False)
        if not reply.fine:
            break
        spent += BATCH_UNITS
    if not reply.throttled:
        must(reply)
    if reply.fine and spent < most:
        raise Unclear(f"{spent} / 55 s")
    plan = next((name for name, limit in PLANS.items() if spent <= limit), "off")
    return Finding(plan, f"{spent}: {reply}")


Question = Callable[[Lab], Finding]
QUESTIONS: dict[str, Question] = {
    "dedupe": dedupe,
    "dedupe-trash": dedupe_trash,
    "threading": joined,
    "sent-draft": sent_draft,
    "future-date": future_date,
    "missing-message-id": missing_message_id,
    "nul": nul,
    "bare-newlines": bare_newlines,
    "header-bytes": header_bytes,
    "long-lines": long_lines,
    "attachments": attachments,
    "classify": classify,
    "label-spaces": label_spaces,
    "label-length": label_length,
    "label-unit": label_unit,
    "reserved-names": reserved_names,
    "conflict-reason": conflict_reason,
    "concurrency": concurrency,
}
LARGE: dict[str, Question] = {"raw-limit": raw_limit}
"""Asked only with `--measure-large`."""
QUOTA: dict[str, Question] = {"quota": quota}
"""Asked last, and only with `--measure-quota`."""
NEVER = {
    "draft-from": "draft",
    "suspended": "harm",
    "storage-full": "harm",
    "upload-per-day": "harm",
    "quota-by": "accounts",
    "quota-minute": "quota",
    "quota-details": "quota",
}
"""Not measured, and why (`measure.why.…`)."""
