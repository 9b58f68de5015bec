"""What a request costs: developers.google.com/workspace/gmail/api/reference/quota (May 2026)."""

from __future__ import annotations

UNITS = {
    "messages.import": 25,
    "messages.insert": 25,
    "messages.get": 20,
    "messages.list": 5,
    "messages.modify": 5,
    "messages.batchModify": 50,
    "messages.trash": 20,
    "messages.untrash": 5,
    "messages.delete": 10,
    "messages.batchDelete": 50,
    "drafts.create": 10,
    "drafts.get": 20,
    "drafts.list": 5,
    "labels.list": 1,
    "labels.get": 1,
    "labels.create": 5,
    "labels.delete": 5,
    "getProfile": 1,
    "history.list": 2,
}
