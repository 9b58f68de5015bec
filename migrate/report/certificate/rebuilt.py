"""A certificate from the document that states it, so that its page can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from migrate.ledger.verifications import Verification
from migrate.report.certificate.document import (
    CauseCount,
    Certificate,
    Lack,
    RepairCount,
    RunLine,
    Since,
    SkipCount,
)
from migrate.report.document import FolderLine, Totals
from migrate.texts import Lang


def rebuilt(stated: Mapping[str, Any], found: Certificate) -> Certificate:
    """All of it but the messages in quarantine, which the document does not name one by one: they
    are those of `found`. KeyError, TypeError, ValueError for another shape than ours."""
    line = replace(
        found.account,
        source_user=stated["source_user"],
        target_user=stated["target_user"],
        state=stated["state"],
        error=stated["error"],
        totals=Totals(**stated["totals"]),
        folders=[_folder(each) for each in stated["folders"]],
        bytes=stated["bytes"],
    )
    return replace(
        found,
        account=line,
        source=stated["source"],
        target=stated["target"],
        created=_seconds(stated["created"]),
        version=stated["version"],
        lacks=[Lack(**each) for each in stated["lacks"]],
        runs=[_run(each) for each in stated["runs"]],
        skips=[SkipCount(**each) for each in stated["skips"]],
        causes=[CauseCount(**each) for each in stated["quarantine"]],
        repairs=[RepairCount(**each) for each in stated["repairs"]],
        verification=_verification(stated["verification"]),
        deep=_verification(stated["deep_verification"]),
        since=Since(**stated["since"]),
    )


def proof(stated: Mapping[str, Any], sha256: str) -> tuple[str, ...]:
    """What the page names; `sha256` is the document's own."""
    digests, listed = stated["digest"], stated["messages"]
    document = str(Path(listed["file"]).with_suffix(".json"))
    return digests["source"], digests["target"], listed["file"], listed["sha256"], document, sha256


def language(page: str) -> Lang:
    """Of a page of ours."""
    return "ja" if '<html lang="ja">' in page else "en"


def _folder(stated: Mapping[str, Any]) -> FolderLine:
    own = {name: value for name, value in stated.items() if name != "digest"}
    return FolderLine(**own | {"totals": Totals(**own["totals"])})


def _run(stated: Mapping[str, Any]) -> RunLine:
    ended = stated["ended"]
    return RunLine(
        stated["id"],
        _seconds(stated["started"]),
        None if ended is None else _seconds(ended),
        stated["messages"],
    )


def _verification(stated: Mapping[str, Any] | None) -> Verification | None:
    if stated is None:
        return None
    times = {each: _seconds(stated[each]) for each in ("started", "ended")}
    return Verification(**dict(stated) | times)


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()
