"""The sandbox's clock: the machine's, and as far wrong as one wants (`--clock-skew`)."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    skew: float = 0.0
    """Seconds by which Gmail's clock is ahead of this machine's; negative: behind."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.skew

    def ms(self) -> int:
        """Milliseconds since the epoch."""
        return int(self.now() * 1000)
