"""Labels that are not called like their folders, and those that Gmail refused."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from migrate.labels import label_key
from migrate.ledger import labels
from migrate.ledger.tables import account, folder
from migrate.report.document import Rename


def renames(conn: Connection, ids: Sequence[int]) -> list[Rename]:
    """Of the accounts `ids`. A label of a flag that Gmail refused is listed in place of a folder;
    an empty label means that the mail goes without."""
    users = select(account.c.id, account.c.source_user).where(account.c.id.in_(ids))
    return [
        each
        for row in conn.execute(users.order_by(account.c.id))
        for each in _of(conn, row.id, row.source_user)
    ]


def _of(conn: Connection, account_id: int, user: str) -> list[Rename]:
    refused = {
        key: row
        for key, row in labels.known(conn, account_id).items()
        if row.stand_in is not None and row.refused is not None
    }
    folders = conn.execute(
        select(folder.c.name, folder.c.label, folder.c.renamed)
        .where(folder.c.account_id == account_id, folder.c.gone.is_(False), folder.c.label != "")
        .order_by(folder.c.name)
    ).all()
    lines = []
    for each in folders:
        if row := refused.get(label_key(each.label)):
            lines.append(Rename(user, each.name, row.stand_in or "", "refused"))
        elif each.renamed:
            lines.append(Rename(user, each.name, each.label, each.renamed))
    seen = {label_key(each.label) for each in folders}
    others = (row for key, row in sorted(refused.items()) if key not in seen)
    return lines + [Rename(user, row.name, row.stand_in or "", "refused") for row in others]
