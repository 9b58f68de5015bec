"""The certificate of completeness: one account, one page, one JSON document, one file of messages.

`reports/certificates/NAME.html`, `.json` and `.jsonl`, from the ledger alone. What each states and
how its hashes are made again by anybody: `docs/json.md`, "Certificates". An account that is not
complete gets the same files, which say so.
"""

from migrate.report.certificate.check import Disagreement, check
from migrate.report.certificate.issue import issue, name

__all__ = ["Disagreement", "check", "issue", "name"]
