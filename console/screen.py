"""Lines that stay at the bottom of a terminal and change while other lines go by above them.

One write per frame, each line overwritten in place and then cleared to its end, so that nothing
flickers. Lines are clipped, not wrapped (DECAWM, xterm's ctlseqs): the terminal may think a
character wider than we do.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TextIO

_NO_WRAP, _WRAP, _TO_END, _BELOW = "\x1b[?7l", "\x1b[?7h", "\x1b[K", "\x1b[J"

# Reentrant: a signal handler says something while its own thread may be painting.
_lock = threading.RLock()
_painted: list[Screen] = []


class Screen:
    """A block of lines on one terminal. Thread-safe."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._height = out, 0

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines of the terminal now; 80 and 24 where it does not say."""
        try:
            size = os.get_terminal_size(self._out.fileno())
        except (OSError, ValueError):
            return 80, 24
        return size.columns or 80, size.lines or 24

    def paint(self, lines: Sequence[str]) -> None:
        """Show `lines` in place of those before."""
        with _lock:
            if not lines:
                self.erase()
                return
            body = "\n".join(f"\r{line}{_TO_END}" for line in lines)
            # Back to the left: what the terminal echoes there, as ^C, must not begin a new line.
            self._write(f"{self._home()}{_NO_WRAP}{body}{_BELOW}{_WRAP}\r")
            self._height = len(lines)
            if self not in _painted:
                _painted.append(self)

    def erase(self) -> None:
        """Nothing of it stays."""
        with _lock:
            if self._height:
                self._write(f"{self._home()}{_BELOW}")
            self._height = 0
            if self in _painted:
                _painted.remove(self)

    def _home(self) -> str:
        """To the beginning of the block's first line."""
        return "\r" + (f"\x1b[{self._height - 1}A" if self._height > 1 else "")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a terminal that is gone
            self._out.write(text)
            self._out.flush()


@contextmanager
def aside() -> Iterator[None]:
    """For one line above what is painted, which comes back with its next frame."""
    with _lock:
        for screen in list(_painted):
            screen.erase()
        yield
