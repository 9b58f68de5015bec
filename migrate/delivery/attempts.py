"""The ways in which a message may go in, one after the other refusal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from migrate.delivery.message import Form, Message
from migrate.gmail.errors import MessageRefused
from migrate.gmail.upload import DRAFT_LIMIT
from migrate.labels import LabelRules, Mapped, message_labels
from migrate.sending import FALLBACKS, Letter

Copies = Sequence[tuple[Mapped, frozenset[str]]]
_DRAFT = frozenset({"DRAFT"})


@dataclass(frozen=True, slots=True)
class Attempt:
    form: Form
    names: frozenset[str]
    """Labels: ids of system labels, names of user labels."""
    draft: bool = False
    """As a real draft."""
    after: str = ""
    """How the code of the refusal begins that leads to this attempt."""

    def answers(self, refusal: MessageRefused | None) -> bool:
        return refusal is None or refusal.code.startswith(self.after)

    def letter(self, history_id: str | None) -> Letter:
        return Letter(
            self.form.parcel, self.form.prepared.message_id, self.names, history_id, self.draft
        )


def attempts(
    message: Message, copies: Copies, rules: LabelRules, *, mend: bool = False
) -> Iterator[Attempt]:
    """What lies in the drafts folder alone becomes a draft. Where that can't be, it is a message
    under a label that says so. With `mend` a From that Gmail refuses is mended."""
    names = message_labels(copies, rules)
    if names == _DRAFT:
        if rules.drafts == "drafts" and message.form.parcel.size <= DRAFT_LIMIT:
            yield Attempt(message.form, names, draft=True)
        names = message_labels([(_shelf(mapped), flags) for mapped, flags in copies], rules)
    yield Attempt(message.form, names)
    if mend and (form := message.mended()) is not message.form:
        yield Attempt(form, names, after="gmail-from-")


def _shelf(mapped: Mapped) -> Mapped:
    """The drafts folder as a folder like any other."""
    if mapped.label != "DRAFT":
        return mapped
    return replace(mapped, label=FALLBACKS["DRAFT"], system=False)
