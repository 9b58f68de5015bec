"""The workbook, recalculated here: its formulas are those of `cost/formula.py`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from functools import cache
from io import BytesIO
from random import Random
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from assess.catalog.load import load
from assess.catalog.model import Lang, Value
from assess.cost.costs import costs
from assess.cost.formula import Money, Situation, cloud, onprem
from assess.cost.prices import medians
from assess.cost.situation import situation
from assess.report.workbook import to_xlsx
from assess.result import Assessment, Criterion
from assess.texts import catalogue

CATALOG = load()
PRICES = medians(CATALOG.costs)
VALUES: dict[str, Value] = {
    "mailboxes": 290, "growth": "5-20%", "mbsize": "10-50GB", "retention": "records",
    "stack": "exchange", "tools": 1_200_000, "gmailuse": 0.3,
}  # fmt: skip
S = situation(VALUES, CATALOG)
NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
REFERENCE = re.compile(
    r"([msp]_[a-z0-9_]+)|\$?([A-Z])\$?(\d+)(?::\$?([A-Z])\$?(\d+))?|(?<![<>])(=)"
)


@cache
def workbook(lang: Lang = "en", organisation: str = "=1+1") -> bytes:
    found = costs(
        CATALOG, VALUES, {"onprem": ["V3"]}, 50, Random(1).random, date(2026, 11, 24),
        chosen="google-workspace/plus",
    )  # fmt: skip
    cost = Criterion(id="cost", weight=20, onprem=0, cloud=0, points=0)
    assessment = Assessment.model_construct(
        as_of=date(2026, 11, 24), organisation=organisation, cost=found, criteria=[cost]
    )
    return to_xlsx(assessment, CATALOG, VALUES, lang)


class Recalculated:
    """A spreadsheet program, as far as these sheets need one."""

    def __init__(self, data: bytes) -> None:
        self.formulas: dict[tuple[str, str], str] = {}
        self.cached: dict[tuple[str, str], float] = {}
        self.strings: dict[tuple[str, str], str] = {}
        with ZipFile(BytesIO(data)) as archive:
            xml = {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()
                   if name.endswith(".xml")}  # fmt: skip
        book = xml["xl/workbook.xml"]
        shared = ["".join(e.itertext()) for e in xml["xl/sharedStrings.xml"].findall("x:si", NS)]
        self.sheets = [e.attrib["name"] for e in book.findall("x:sheets/x:sheet", NS)]
        for number, sheet in enumerate(self.sheets, 1):
            for cell in xml[f"xl/worksheets/sheet{number}.xml"].iter(f"{{{NS['x']}}}c"):
                at = sheet, cell.attrib["r"]
                value, formula = cell.findtext("x:v", None, NS), cell.findtext("x:f", None, NS)
                if formula is not None:
                    self.formulas[at] = formula
                if value is not None and cell.attrib.get("t") == "s":
                    self.strings[at] = shared[int(value)]
                elif value is not None:
                    self.cached[at] = float(value)
        self.names: dict[str, tuple[str, str]] = {}
        for each in book.findall("x:definedNames/x:definedName", NS):
            sheet, _, cell_name = (each.text or "").rpartition("!")
            self.names[each.attrib["name"]] = sheet.strip("'"), cell_name.replace("$", "")
        self._values: dict[tuple[str, str], Any] = {}

    def put(self, at: tuple[str, str], x: float) -> None:
        """What a person does: types a number into a cell."""
        assert at not in self.formulas
        self.cached[at] = x
        self._values.clear()

    def name(self, name: str) -> Any:
        return self.at(self.names[name])

    def at(self, at: tuple[str, str]) -> Any:
        if at not in self.formulas:
            return self.cached.get(at)
        if at not in self._values:
            self._values[at] = self._evaluate(at[0], self.formulas[at])
        return self._values[at]

    def _evaluate(self, sheet: str, formula: str) -> Any:
        def translated(match: re.Match[str]) -> str:
            name, column, row, last, last_row, _ = match.groups()
            if name:
                return f"name({name!r})"
            if last:
                return f"cells({column!r}, {last!r}, {row}, {last_row})"
            return f"at(({sheet!r}, {column + row!r}))" if column else "=="

        def cells(first: str, last: str, row: int, last_row: int) -> list[float]:
            columns = list(map(chr, range(ord(first), ord(last) + 1)))
            places = [f"{column}{n}" for n in range(row, last_row + 1) for column in columns]
            return [self.at((sheet, place)) or 0 for place in places]

        functions = {
            "name": self.name, "at": self.at, "cells": cells, "SUM": sum, "MAX": max, "MIN": min,
            "SQRT": math.sqrt, "ROUNDUP": lambda x, digits: math.ceil(x),
            "ISNUMBER": lambda x: x is not None, "IF": lambda test, yes, no: yes if test else no,
            "SUMPRODUCT": lambda *columns: sum(map(math.prod, zip(*columns, strict=True))),
        }  # fmt: skip
        return eval(REFERENCE.sub(translated, formula), {"__builtins__": {}}, functions)


def price_cell(book: Recalculated, row: str) -> tuple[str, str]:
    """The yellow cell of a price, left of the one that is used."""
    sheet, used = book.names[f"p_{row}"]
    return sheet, "F" + used[1:]


def differing(book: Recalculated, s: Situation, prices: dict[str, float]) -> Iterator[str]:
    """Results of the sheet that aren't those of the formula."""
    for side, money in (
        ("onprem", onprem(s, prices)),
        ("cloud", cloud(s, prices["gws_plus"], prices)),
    ):
        for name, wanted in wanted_of(money).items():
            found = book.name(f"m_{side}_{name}")
            if found != pytest.approx(wanted, rel=1e-6):
                yield f"{side} {name}: {found} instead of {wanted}"


def wanted_of(money: Money) -> dict[str, float]:
    return {
        "npv": money.npv,
        "start": money.start,
        "per_mailbox_month": money.per_mailbox_month,
        "running": money.running,
        "points": min(100, max(0, (6000 - money.per_mailbox_month) / 55)),
    }


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_formula_comes_to_the_value_stored_with_it(lang: Lang) -> None:
    book = Recalculated(workbook(lang))
    assert len(book.formulas) > 200
    for at, formula in book.formulas.items():
        assert book.at(at) == pytest.approx(book.cached[at], rel=1e-9, abs=1e-9), (at, formula)
    assert list(differing(book, S, PRICES)) == []


def test_each_price_that_is_typed_in_goes_where_the_formula_has_it() -> None:
    book = Recalculated(workbook())
    for n, row in enumerate(CATALOG.costs, 1):
        changed = {**PRICES, row: PRICES[row] * (1.2 + n / 100) + 0.01}
        cell = price_cell(book, row)
        book.put(cell, changed[row])
        assert list(differing(book, S, changed)) == [], row
        del book.cached[cell]


@pytest.mark.parametrize(
    "other",
    [
        {"mailboxes": 4501.0}, {"growth": 0.3}, {"mailbox_gb": 70.0}, {"archive": False},
        {"second_site": True}, {"exchange": False}, {"avoided": 9e6}, {"gmail_share": 0.9},
    ],
)  # fmt: skip
def test_each_input_that_is_changed_goes_where_the_formula_has_it(other: dict[str, Any]) -> None:
    book = Recalculated(workbook())
    ((name, value),) = other.items()
    before = book.name("m_onprem_npv"), book.name("m_cloud_npv")
    book.put(book.names[f"s_{name}"], float(value))
    assert list(differing(book, replace(S, **other), PRICES)) == []
    assert (book.name("m_onprem_npv"), book.name("m_cloud_npv")) != before
    assert {each.name for each in fields(Situation)} == {
        key[2:] for key in book.names if key.startswith("s_")
    }


def test_the_other_plans_follow() -> None:
    book = Recalculated(workbook())
    book.put(price_cell(book, "gws_enterprise"), 3333.0)
    book.put(price_cell(book, "staff"), 5e6)
    prices = {**PRICES, "gws_enterprise": 3333.0, "staff": 5e6}
    (row,) = (
        re.sub(r"\D", "", cell) for (sheet, cell), text in book.strings.items()
        if sheet == "Plans" and text == "Google Workspace Enterprise"
    )  # fmt: skip
    wanted = cloud(S, 3333.0, prices)
    assert book.at(("Plans", f"C{row}")) == pytest.approx(wanted.per_mailbox_month)
    equal = book.at(("Plans", f"G{row}"))
    assert cloud(S, equal, prices).npv == pytest.approx(onprem(S, prices).npv)


def test_the_same_arguments_give_the_same_bytes() -> None:
    once = workbook()
    workbook.cache_clear()
    assert workbook() == once
    with ZipFile(BytesIO(once)) as archive:
        core = archive.read("docProps/core.xml").decode()
        names = archive.namelist()
    assert "2026-11-24T00:00:00Z" in core
    assert not any("vba" in name.casefold() for name in names)


@pytest.mark.parametrize("hostile", ["=1+1", "+81", "-1", "@SUM(A1)", '=HYPERLINK("x")'])
def test_text_stays_text(hostile: str) -> None:
    book = Recalculated(workbook("en", hostile))
    assert book.strings["Summary", "A2"] == hostile
    assert len(book.formulas) == len(Recalculated(workbook()).formulas)


def test_invisible_characters_of_a_name_are_shown() -> None:
    book = Recalculated(workbook("en", "a\u202eb\u2066"))
    assert book.strings["Summary", "A2"] == "a\\x202eb\\x2066"


def test_both_languages_calculate_alike() -> None:
    english, japanese = Recalculated(workbook("en")), Recalculated(workbook("ja"))
    assert list(english.formulas.values()) == list(japanese.formulas.values())
    assert japanese.sheets == ["概要", "単価", "費用計算", "プラン一覧"]
    assert not set(english.strings.values()) & {t["ja"] for t in catalogue("cost").values()} - {""}
