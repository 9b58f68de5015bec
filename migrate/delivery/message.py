"""From a bundle's bodies to messages: distinct bytes, in the form in which they may go to Gmail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from migrate.body import Body
from migrate.errors import FetchRefused
from migrate.gmail.upload import Parcel
from migrate.ledger.claims import Bundle, Occurrence
from migrate.message import Header, Prepared, content, prepare

Basis = Mapping[str, str | float | bool | None]
"""What a form depends on besides the bytes: `internal_date` (ISO 8601 or None), `now` (seconds
since 1970), `mend_from` (whether it has another From). From the ledger the same form can be made
again."""


@dataclass(frozen=True, slots=True)
class Form:
    """A message as it may be uploaded."""

    prepared: Prepared
    parcel: Parcel
    basis: Basis


@dataclass(frozen=True, slots=True)
class Message:
    """Distinct bytes, ready to go, with the occurrences that have them."""

    sha256: str
    occurrences: tuple[Occurrence, ...]
    form: Form

    @property
    def body(self) -> Body:
        return self.form.parcel.body

    @property
    def message_id(self) -> str:
        return self.form.prepared.message_id

    def mended(self) -> Form:
        """With a From that Gmail takes; the form itself where there is nothing to mend."""
        form = formed(self.body, self.sha256, {**self.form.basis, "mend_from": True})
        return self.form if form.prepared.header == self.form.prepared.header else form

    def ends(
        self, state: str, reason: str | None = None
    ) -> tuple[tuple[int, str, str | None], ...]:
        """The class of each occurrence: copies of what was imported are `merged` with it."""
        rest = ("merged", "copy") if state == "imported" else (state, reason)
        first, *others = (each.id for each in self.occurrences)
        return ((first, state, reason), *((each, *rest) for each in others))


def formed(body: Body, sha256: str, basis: Basis) -> Form:
    """The form of these bytes; the same whenever it is asked for."""
    date, now = basis.get("internal_date"), basis.get("now") or 0
    header, offset = content(body)
    prepared = prepare(
        Header.parse(header),
        digest=sha256,
        internal_date=datetime.fromisoformat(str(date)) if date else None,
        now=datetime.fromtimestamp(float(now), UTC),
        mend_from=bool(basis.get("mend_from")),
    )
    return Form(prepared, Parcel(prepared.header, body, offset), basis)


def messages(bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]) -> Iterator[Message]:
    """The messages of a bundle: only equal SHA-256 makes two occurrences one."""
    if len(bundle.occurrences) == 1:  # as of nearly all mail
        (only,) = bundle.occurrences
        if isinstance(body := bodies.get(only.id), Body):
            yield _message(body.sha256(), body, (only,), bundle.since)
        return
    groups: dict[str, tuple[Body, list[Occurrence]]] = {}
    for each, answer in answers(bundle, bodies):
        if isinstance(answer, Body):
            groups.setdefault(answer.sha256(), (answer, []))[1].append(each)
    for sha256, (body, found) in groups.items():
        yield _message(sha256, body, found, bundle.since)


def _message(sha256: str, body: Body, found: Sequence[Occurrence], since: float) -> Message:
    occurrences = tuple(sorted(found, key=lambda each: (each.folder_id, each.uid)))
    date = occurrences[0].internal_date
    basis = {"internal_date": date.isoformat() if date else None, "now": since}
    return Message(sha256, occurrences, formed(body, sha256, basis))


def answers(
    bundle: Bundle, bodies: Mapping[int, Body | FetchRefused]
) -> Iterator[tuple[Occurrence, Body | FetchRefused]]:
    """What the source said of each occurrence; of equal EMAILIDs only one was asked for."""
    twins = {each.email_id: bodies[each.id] for each in bundle.occurrences if each.id in bodies}
    for each in bundle.occurrences:
        if each.id in bodies:
            yield each, bodies[each.id]
        elif each.email_id and each.email_id in twins:
            yield each, twins[each.email_id]
