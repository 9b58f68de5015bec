"""What a person sees after all that was written to a terminal."""

from __future__ import annotations

import re


def rows(written: str) -> list[str]:
    """The lines on it. Of the control sequences only those that `console.screen` uses are known."""
    lines, row, column = [""], 0, 0
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
        elif not each.startswith("\x1b"):
            lines[row] = lines[row][:column] + each + lines[row][column + len(each) :]
            column += len(each)
    return lines
