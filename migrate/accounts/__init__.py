"""`accounts.csv`: its rows, what they contradict each other in, and the waves they name."""

from migrate.accounts.rows import ADDRESS, Account, read

__all__ = ["ADDRESS", "Account", "read"]
