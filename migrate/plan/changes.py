"""What has changed since a plan was made, and which of it a run of that plan does not accept.

New mail is the only change at the source that it takes in its stride.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from migrate.errors import BrakeError
from migrate.plan.reviewed import Pair, PlannedFolder, PlannedVerdict, Reviewed
from migrate.report.document import Change, Document, FolderLine, Predicted
from migrate.report.words import explain
from migrate.shown import visible
from migrate.texts import Texts

_HARMLESS = frozenset({"label", "messages", "predicted"})
"""New mail; and labels, which the run takes from the plan as far as Gmail allows them."""
_SHOWN = 20


def changes(
    old: Reviewed,
    document: Document,
    pairs: Collection[Pair] | None,
    left: Mapping[tuple[Pair, str], int],
) -> list[Change]:
    """What `document`, a plan of today, says otherwise than `old`.

    `pairs` are the accounts to compare, None for all; `left` tells by account and folder how many
    of the messages that the old plan counted are still there.
    """
    before = {each.pair: each for each in old.accounts if pairs is None or each.pair in pairs}
    now = {(each.source_user, each.target_user): each for each in document.accounts}
    found = list(_settings(old.settings, document.settings or {}))
    for pair in sorted(before.keys() | now.keys()):
        user = pair[0]
        if pair not in before or pair not in now:
            found.append(_only_one("account", user, "", pair[1], there=pair in now))
            continue
        if now[pair].error:
            continue  # could not be read, which is said elsewhere
        planned = {each.name: each for each in before[pair].folders}
        lines = {line.name: line for line in now[pair].folders}
        for name in sorted(planned.keys() | lines.keys()):
            if name in planned and name in lines:
                found += _folder(user, planned[name], lines[name], left.get((pair, name)))
            else:
                found.append(_only_one("folder", user, name, name, there=name in lines))
    found += _predicted(old.predicted, document.predicted or [])
    return found


def brake(found: Sequence[Change], texts: Texts) -> None:
    """BrakeError when more has changed than new mail."""
    serious = [each for each in found if each.what not in _HARMLESS]
    if serious:
        lines = [f"- {_said(each, texts)}" for each in serious[:_SHOWN]]
        raise BrakeError("plan-differs", count=len(serious), list="\n".join(lines))


def _said(change: Change, texts: Texts) -> str:
    what = explain("report.change", change.what, texts)
    place = [part for part in (change.account, change.folder, what) if part]
    return visible(f"{': '.join(place)}: {change.before or '–'} → {change.after or '–'}")


def _only_one(what: str, user: str, folder: str, name: str, *, there: bool) -> Change:
    return Change(user, folder, what, "" if there else name, name if there else "")


def _settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    old, new = _flat(before), _flat(now)
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            values = (json.dumps(each.get(key), ensure_ascii=False) for each in (old, new))
            yield Change("", "", "setting", *(f"{key} = {value}" for value in values))


def _flat(sections: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{name}.{key}": value
        for name, section in sections.items()
        if isinstance(section, dict)
        for key, value in section.items()
    }


def _folder(user: str, old: PlannedFolder, new: FolderLine, left: int | None) -> Iterator[Change]:
    if old.label is None and new.label is not None:
        yield Change(user, old.name, "rule", old.rule or "plan", new.label)
    elif old.label is not None and new.label is None:
        yield Change(user, old.name, "rule", old.label, new.rule or "")
    elif old.label != new.label:
        yield Change(user, old.name, "label", str(old.label), str(new.label))
    if _unread(old.error) or _unread(new.error):
        return
    if old.uidvalidity != new.uidvalidity:
        yield Change(user, old.name, "uidvalidity", str(old.uidvalidity), str(new.uidvalidity))
        return
    hides = old.error or new.error  # older mail makes room for new mail
    if left is not None and not hides and not new.rule and left < old.totals.source:
        yield Change(user, old.name, "gone", str(old.totals.source), str(left))
    if old.totals.source != new.totals.source:
        counts = old.totals.source, new.totals.source
        yield Change(user, old.name, "messages", *map(str, counts))


def _unread(error: Mapping[str, Any] | None) -> bool:
    return error is not None and error.get("code") != "source-ceiling"


def _predicted(before: Sequence[PlannedVerdict], now: Sequence[Predicted]) -> Iterator[Change]:
    old, new = _counts(before), _counts(now)
    for verdict in sorted(old.keys() | new.keys()):
        counts = old.get(verdict, 0), new.get(verdict, 0)
        if counts[0] != counts[1]:
            yield Change("", "", "predicted", *(f"{verdict}: {count}" for count in counts))


def _counts(lines: Sequence[PlannedVerdict] | Sequence[Predicted]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in lines:
        found[each.verdict] = found.get(each.verdict, 0) + each.count
    return found
