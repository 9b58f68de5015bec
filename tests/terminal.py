"""What a person sees after all that was written to a terminal."""

from __future__ import annotations

import re


def rows(written: str, columns: int = 80) -> list[str]:
    """The lines on it. Of the control sequences only those that `console.screen` uses are known."""
    lines, row, column, wrap = [""], 0, 0, True
    for each in re.findall(r"\x1b\[[?\d]*[a-zA-Z]|[\r\n]|[^\x1b\r\n]+", written):
        if each == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
            column = 0  # as a terminal's driver has it (ONLCR)
        elif each == "\r":
            column = 0
        elif each.endswith("A"):
            row -= int(each[2:-1])
        elif each == "\x1b[K":
            lines[row] = lines[row][:column]
        elif each == "\x1b[J":
            lines[row] = lines[row][:column]
            del lines[row + 1 :]
        elif each in ("\x1b[?7h", "\x1b[?7l"):
            wrap = each.endswith("h")
        elif not each.startswith("\x1b"):
            for letter in each:
                if column == columns and wrap:
                    row, column = row + 1, 0
                    lines += [""] * (row + 1 - len(lines))
                lines[row] = lines[row][:column] + letter + lines[row][column + 1 :]
                column = min(column + 1, columns)
    return lines
