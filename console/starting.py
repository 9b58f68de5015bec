"""What makes a start cheap; imported before everything else.

What a start loads stays. To look for cycles among it, while it comes and once more at the end,
takes a third of the CPU of a command such as `migrate status`.
"""

from __future__ import annotations

import atexit
import gc
import os

_STARTING = (200_000, 10, 10)
"""The first look comes after that many objects; a start makes 120,000 to 160,000."""
_usual = gc.get_threshold()


def _started(*_: object) -> None:
    gc.callbacks.remove(_started)
    if gc.get_threshold() == _STARTING:  # else a command knows better
        gc.set_threshold(*_usual)


gc.set_threshold(*_STARTING)
gc.callbacks.append(_started)
atexit.register(gc.freeze)

# We use no plugins of pydantic; it looks for them in what every installed package says of itself.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
