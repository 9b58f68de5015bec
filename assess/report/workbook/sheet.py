"""A sheet of the workbook: cells with a style, a name and, for formulas, the value they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from math import ceil
from typing import BinaryIO

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]

from assess.catalog.model import Lang
from assess.texts import Texts
from console.tables import width

_A4 = 9
_LINE = 16  # points of height
_EDITABLE = {"bg_color": "#FFF2AB", "border": 1, "border_color": "#8A6D00"}
_STYLES: Mapping[str, Mapping[str, object]] = {
    "text": {"text_wrap": True},
    "title": {"bold": True, "font_size": 16},
    "header": {"bold": True, "text_wrap": True, "bg_color": "#17365D", "font_color": "#FFFFFF"},
    "strong": {"bold": True, "top": 1},
    "number": {"num_format": "#,##0"},
    "decimal": {"num_format": "#,##0.00"},
    "factor": {"num_format": "0.0000"},
    "percent": {"num_format": "0.0%"},
    "points": {"num_format": "+0.0;-0.0;0.0"},
    "dollars": {"num_format": "[$$-409]#,##0.00"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
}
_YEN = {"en": '"¥"#,##0;[Red]-"¥"#,##0', "ja": '#,##0"円";[Red]-#,##0"円"'}


class Book:
    """The workbook, its styles and its texts; `close` writes it to `target`."""

    def __init__(self, target: BinaryIO, lang: Lang, created: date) -> None:
        self.t = Texts(lang)
        self._book = xlsxwriter.Workbook(target, {"in_memory": True})
        # the date of the assessment, not the clock's: the same inputs give the same bytes
        day = datetime(created.year, created.month, created.day)
        self._book.set_properties({"title": self.t("cost.title"), "created": day})
        yen = {"num_format": _YEN[lang]}
        styles = {**_STYLES, "yen": yen, "total": {**_STYLES["strong"], **yen}}
        self._styles = {
            (name, editable): self._book.add_format(
                {"valign": "top", **style, **(_EDITABLE if editable else {})}
            )
            for name, style in styles.items()
            for editable in (False, True)
        }

    def sheet(self, key: str, widths: Sequence[float], *, frozen: tuple[int, int]) -> Sheet:
        """`key`: of its title; `frozen`: rows and columns that stay in view."""
        return Sheet(self, self.t(key), widths, frozen)

    def close(self) -> None:
        self._book.close()


class Sheet:
    """Rows and columns count from 0; text is never read as a formula."""

    def __init__(
        self, book: Book, title: str, widths: Sequence[float], frozen: tuple[int, int]
    ) -> None:
        self.t, self._styles, self._book = book.t, book._styles, book._book
        self.title = title
        self._sheet = self._book.add_worksheet(title)
        for column, size in enumerate(widths):
            self._sheet.set_column(column, column, size)
        self._width, self._last = sum(widths), len(widths) - 1
        self._sheet.freeze_panes(*frozen)
        self._sheet.repeat_rows(0, frozen[0] - 1)
        self._sheet.hide_gridlines(2)
        self._sheet.set_paper(_A4)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_footer("&L&A&R&P / &N")

    def text(self, row: int, column: int, text: str, style: str = "text") -> None:
        self._sheet.write_string(row, column, text, self._styles[style, False])

    def note(self, row: int, text: str) -> None:
        """Across the whole sheet; the height of merged cells doesn't follow their text."""
        self._sheet.merge_range(row, 0, row, self._last, "", self._styles["text", False])
        self.text(row, 0, text)
        self._sheet.set_row(row, _LINE * ceil(width(text) / self._width))

    def header(self, row: int, texts: Sequence[str]) -> None:
        for column, text in enumerate(texts):
            self.text(row, column, text, "header")

    def number(self, row: int, column: int, x: float, style: str) -> None:
        self._sheet.write_number(row, column, x, self._styles[style, False])

    def day(self, row: int, column: int, when: date) -> None:
        self._sheet.write_datetime(row, column, when, self._styles["date", False])

    def formula(
        self, row: int, column: int, formula: str, value: float, style: str, name: str = ""
    ) -> None:
        """`value`: what `formula` (without =) comes to; `name`: for other formulas to use."""
        self._sheet.write_formula(row, column, f"={formula}", self._styles[style, False], value)
        self._name(row, column, name)

    def sides(
        self,
        row: int,
        key: str,
        formula: str,
        values: tuple[float, float],
        style: str,
        *,
        named: bool = False,
    ) -> None:
        """On-premises, cloud and the difference; `{}` in `formula` is the side."""
        self.text(row, 0, self.t(f"cost.sides.{key}"))
        for column, (side, value) in enumerate(zip(("onprem", "cloud"), values, strict=True), 1):
            name = f"m_{side}_{key}" if named else ""
            self.formula(row, column, formula.format(side), value, style, name)
        self.formula(row, 3, f"C{row + 1}-B{row + 1}", values[1] - values[0], style)

    def editable(self, row: int, column: int, x: float | None, style: str, name: str = "") -> None:
        """A yellow cell for a number that isn't negative; empty for None."""
        if x is None:
            self._sheet.write_blank(row, column, None, self._styles[style, True])
        else:
            self._sheet.write_number(row, column, x, self._styles[style, True])
        self._sheet.data_validation(
            row, column, row, column, {"validate": "decimal", "criteria": ">=", "value": 0}
        )
        self._name(row, column, name)

    def _name(self, row: int, column: int, name: str) -> None:
        if name:
            cell = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
            self._book.define_name(name, f"='{self.title}'!{cell}")

    def columns_chart(
        self, row: int, title: str, categories: str, series: Sequence[tuple[str, str]]
    ) -> None:
        """`categories`: a range, `='Sheet'!$C$9:$H$9`; `series`: name and range."""
        chart = self._book.add_chart({"type": "column"})
        fills = ({"color": "#C55A11"}, {"color": "#1F5FA8"})
        for (name, values), fill in zip(series, fills, strict=True):
            chart.add_series(
                {"name": name, "categories": categories, "values": values, "fill": fill, "gap": 80}
            )
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 760, "height": 300})
        self._sheet.insert_chart(row, 0, chart, {"description": title})
