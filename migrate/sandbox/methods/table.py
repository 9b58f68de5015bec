"""Which function answers which method of the discovery documents."""

from __future__ import annotations

from migrate.sandbox.methods import drafts, history, labels, listing, messages, profile, render
from migrate.sandbox.methods.calls import Handler

GMAIL: dict[str, Handler] = {
    "getProfile": profile.get,
    "history.list": history.list_,
    "labels.list": labels.list_,
    "labels.get": labels.get,
    "labels.create": labels.create,
    "labels.patch": labels.update,
    "labels.update": labels.update,
    "labels.delete": labels.delete,
    "messages.import": messages.import_,
    "messages.insert": messages.insert,
    "messages.get": render.get,
    "messages.attachments.get": render.attachment,
    "messages.list": listing.list_,
    "messages.modify": messages.modify,
    "messages.batchModify": messages.batch_modify,
    "messages.trash": messages.trash,
    "messages.untrash": messages.untrash,
    "messages.delete": messages.delete,
    "messages.batchDelete": messages.batch_delete,
    "drafts.create": drafts.create,
    "drafts.get": drafts.get,
    "drafts.list": drafts.list_,
    "drafts.delete": drafts.delete,
}
HANDLERS: dict[str, Handler] = {f"gmail.users.{name}": each for name, each in GMAIL.items()}
