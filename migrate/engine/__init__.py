"""Copying: who works on which account, what is claimed and fetched, in which order it is sent."""

from migrate.engine.local import Failure, LocalEngine, Retry, new_run_id

__all__ = ["Failure", "LocalEngine", "Retry", "new_run_id"]
