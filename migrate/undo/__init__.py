"""Taking back what a run did: it spares what was there before, and what people changed since."""

from migrate.undo.account import Undone, Wish, total
from migrate.undo.engine import Outcome, UndoEngine

__all__ = ["Outcome", "UndoEngine", "Undone", "Wish", "total"]
