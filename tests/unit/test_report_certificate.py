"""What a certificate states and when it is one, from the ledger alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from migrate.errors import UsageError
from migrate.ledger import Ledger, accounts, notices, verifications
from migrate.ledger.accounts import Account
from migrate.ledger.tables import account, folder, message, occurrence
from migrate.ledger.verifications import Verification
from migrate.report.certificate import check, issue, name
from migrate.report.gather import gather
from migrate.texts import Lang, Texts
from tests.unit import ledgers
from tests.unit.report_documents import HOSTILE

PLAIN = Verification(10.0, 20.0, False, True, 2, 0, 0)
DEEP = Verification(10.0, 20.0, True, True, 2, 0, 0)
BAD = Verification(30.0, 40.0, True, True, 2, 0, 3)


class Case:
    """An account with two copied messages, in folders that sort otherwise by bytes and by case."""

    def __init__(self, directory: Path, ledger: Ledger) -> None:
        self.ledger, self.reports = ledger, directory / "certificates"
        self.account: Account = ledgers.take(ledger)
        self.folders = [ledgers.put_folder(ledger, self.account, each) for each in ("zoo", "Ünder")]
        for number, folder_id in enumerate(self.folders, 1):
            self.put(folder_id, number)
        ledger.write(lambda conn: accounts.release(conn, self.account.id, "done"))

    def put(self, folder_id: int, uid: int, **columns: Any) -> None:
        row = {"account_id": self.account.id, "sha256": f"{uid:064}", "size": 9, "labels": []}
        row |= {"state": "imported", "gmail_id": f"g{uid}", "run_id": ledgers.RUN}
        key = self.ledger.write(
            lambda conn: conn.execute(insert(message).values(**row)).inserted_primary_key
        )
        assert key
        found = {"state": "imported", "message_id": key[0]} | columns
        ledgers.put(self.ledger, self.account, folder_id, uid, **found)

    def verified(self, found: Verification) -> None:
        self.ledger.write(lambda conn: verifications.record(conn, self.account.id, found))

    def issue(self, lang: Lang = "en", *, all_of_them: bool = False) -> dict[str, Any] | None:
        """The certificate, if one was written now."""
        texts = Texts(lang)
        with self.ledger.read() as conn:
            document = gather(conn, "status", ledgers.RUN, texts)
            pages = issue(conn, document, self.reports, texts, all_of_them=all_of_them)
        return json.loads(pages[0].with_suffix(".json").read_bytes()) if pages else None


@pytest.fixture
def case(tmp_path: Path) -> Any:
    with ledgers.opened(tmp_path) as ledger:
        yield Case(tmp_path, ledger)


def test_folders_come_in_the_order_of_their_bytes(case: Case) -> None:
    stated = case.issue()
    assert stated
    lines = [f"zoo\0001\0001\0{1:064}", f"Ünder\0001\0002\0{2:064}"]
    whole = "".join(f"{each}\n" for each in lines)
    ids = "".join(f"{each}\0g{n}\n" for n, each in enumerate(lines, 1))
    assert stated["digest"] == {
        "algorithm": "sha256",
        "lines": 2,
        "source": hashlib.sha256(whole.encode()).hexdigest(),
        "target": hashlib.sha256(ids.encode()).hexdigest(),
    }


def test_it_is_written_when_something_has_changed(case: Case) -> None:
    assert case.issue()
    assert case.issue() is None
    case.verified(DEEP)
    verified = case.issue()
    assert verified
    assert verified["deep_verification"]["checked"] == 2
    case.ledger.write(lambda conn: notices.intend(conn, case.account.id, ledgers.RUN, "1"))
    case.ledger.write(lambda conn: notices.brought(conn, case.account.id, "told"))
    told = case.issue()
    assert told
    assert told["since"]["notice"] == "told"
    (page,) = case.reports.glob("*.html")
    page.unlink()
    assert case.issue(), "a file is missing"


@pytest.mark.parametrize(
    ("verifications", "outcome"),
    [([], "complete"), ([PLAIN], "complete"), ([BAD], "incomplete"), ([BAD, DEEP], "complete"),
     ([BAD, PLAIN], "incomplete")],
)  # fmt: skip
def test_what_a_reading_of_all_bytes_found_a_quicker_one_does_not_take_back(
    case: Case, verifications: list[Verification], outcome: str
) -> None:
    for each in verifications:
        case.verified(each)
    stated = case.issue()
    assert stated
    assert stated["outcome"] == outcome


@pytest.mark.parametrize(
    ("harm", "lack"),
    [
        (update(occurrence).values(state="intended"), "pending"),
        (update(folder).values(problem="source-folder-refused", problem_params={"answer": "NO"}),
         "refused"),
        (update(account).values(state="failed", error_code="source-login-refused",
                                          error_params={}), "failed"),
    ],
)  # fmt: skip
def test_an_account_that_is_not_complete_gets_none(case: Case, harm: Any, lack: str) -> None:
    case.ledger.write(lambda conn: conn.execute(harm))
    assert case.issue() is None
    paper = case.issue(all_of_them=True)
    assert paper
    assert [each["what"] for each in paper["lacks"]] == [lack]
    assert "this is no certificate" in next(case.reports.glob("*.html")).read_text("utf-8")


def test_one_that_does_not_hold_any_more_is_replaced(case: Case) -> None:
    assert case.issue()
    ledgers.put(case.ledger, case.account, case.folders[0], 7)
    paper = case.issue()
    assert paper
    assert (paper["outcome"], paper["totals"]["pending"]) == ("incomplete", 1)


def test_messages_after_the_verification_are_told(case: Case) -> None:
    early = Verification(1.0, 2.0, False, True, 0, 0, 0)
    case.verified(early)
    stated = case.issue()
    assert stated
    assert stated["since"]["brought"] == 2
    assert "not verified yet: 2" in next(case.reports.glob("*.html")).read_text("utf-8")


@pytest.mark.parametrize(
    "user", ["../../etc/passwd", ".hidden", HOSTILE, "あ" * 400, "a/b\\c:d*e?f", "x" * 5000]
)
def test_any_user_makes_a_name_that_stays_in_the_folder(user: str) -> None:
    found = name(user, "taro@example.com")
    assert len(found.encode()) < 220
    assert set(found).isdisjoint("/\\:*?<>|\"' \0")
    assert not found.startswith(".")
    assert name(user, "taro@example.com") != name(user + "x", "taro@example.com")


@pytest.mark.parametrize(
    ("key", "value"),
    [("messages", ["a"]), ("totals", 3), ("folders", [1]), ("folders", [{}]), ("digest", None)],
)
def test_what_has_the_shape_of_no_certificate_is_refused(case: Case, key: str, value: Any) -> None:
    made = case.issue()
    assert made is not None
    (file,) = case.reports.glob("*.json")
    file.write_text(json.dumps(made | {key: value}), "utf-8")
    with case.ledger.read() as conn, pytest.raises(UsageError, match="certificate-unreadable"):
        check(conn, file, Texts("en"))


@pytest.mark.parametrize("key", ["verification", "deep_verification"])
def test_a_verification_that_never_was_is_found_out(case: Case, key: str) -> None:
    case.verified(PLAIN)
    made = case.issue()
    assert made is not None
    (file,) = case.reports.glob("*.json")
    never = made["verification"] | {"deep": True, "checked": 9}
    with case.ledger.read() as conn:
        assert check(conn, file, Texts("en"))[1] == []
    file.write_text(json.dumps(made | {key: never}), "utf-8")
    with case.ledger.read() as conn:
        _, differing = check(conn, file, Texts("en"))
    page = file.with_suffix(".html").name  # names the hash of another document now
    assert [(each.what, each.folder) for each in differing] == [("claim", key), ("file", page)]


def _quarantined(case: Case) -> None:
    """With repairs, skips, hostile names, and an error."""
    folder_id = ledgers.put_folder(case.ledger, case.account, HOSTILE)
    refused = {"state": "quarantined", "reason": "gmail-from-invalid", "message_id": None}
    ledgers.put(case.ledger, case.account, folder_id, 7, **refused)
    ledgers.put(case.ledger, case.account, folder_id, 8, state="skipped", reason="deleted")
    failed = {"state": "failed", "error_code": "source-login-refused", "error_params": {}}
    case.ledger.write(lambda conn: conn.execute(update(account).values(**failed)))
    case.verified(BAD)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("more", [False, True])
def test_a_page_that_was_changed_by_hand_is_found_out(case: Case, lang: Lang, more: bool) -> None:
    if more:
        _quarantined(case)
    made = case.issue(lang, all_of_them=True)
    assert made is not None

    def checked() -> list[str]:
        with case.ledger.read() as conn:
            return [each.what for each in check(conn, page, Texts("en"))[1]]

    (page,) = case.reports.glob("*.html")
    whole = page.read_text("utf-8")
    assert checked() == []
    title = Texts(lang)(f"certificate.title.{made['outcome']}")
    page.write_text(whole.replace(f">{title}<", ">All is well<"), "utf-8")
    assert checked() == ["page"]
    page.write_text(whole.replace("<html lang", "<html  lang"), "utf-8")
    assert checked() == ["page"]
    file = page.with_suffix(".json")
    older = file.read_bytes().replace(made["version"].encode(), b"0.0.1")
    before, after = (hashlib.sha256(each).hexdigest() for each in (file.read_bytes(), older))
    file.write_bytes(older)
    page.write_text(whole.replace(before, after), "utf-8")
    assert checked() == []
