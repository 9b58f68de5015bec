"""The scan: what the source holds, into the ledger. No body is fetched.

It follows the source: what is new, what has other flags, what is gone, back or elsewhere. A folder
of which the source says that nothing has happened since is not even opened.
"""

from migrate.scan.account import Look, Scanned, scan

__all__ = ["Look", "Scanned", "scan"]
