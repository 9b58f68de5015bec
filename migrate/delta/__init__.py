"""What changed at the source goes over to Gmail as changes of labels; the user's own ones win."""

from migrate.delta.following import Delta
from migrate.delta.history import History
from migrate.delta.undone import settle_undo

__all__ = ["Delta", "History", "settle_undo"]
