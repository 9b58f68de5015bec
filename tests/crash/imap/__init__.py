"""An IMAP server over folders in memory that fails by rules, as the sandbox does.

Folders change under a session: renamed, made anew under another UIDVALIDITY, emptied message by
message, flagged, moved. What they hold in the end is what the suite holds the target against.
"""

from tests.crash.imap.rules import Rule
from tests.crash.imap.server import Server, serving
from tests.crash.imap.store import Message, Store

__all__ = ["Message", "Rule", "Server", "Store", "serving"]
