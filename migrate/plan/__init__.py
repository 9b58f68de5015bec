"""The dry run, what it reads of bodies, and what binds a run to a plan that was reviewed."""

from migrate.plan.changes import brake
from migrate.plan.dry_run import plan
from migrate.plan.reviewed import Reviewed, bind

__all__ = ["Reviewed", "bind", "brake", "plan"]
