"""The pure rules of a message: read its header, know its id and date, repair, predict Gmail.

Everything works on bytes (RFC 5322, and what servers hand out in its place); nothing is ever
parsed into objects and written again, and nothing is decoded.
"""

from migrate.message.dates import format_date, parse_date
from migrate.message.examine import examine
from migrate.message.header import Field, Header, content, header_end
from migrate.message.ids import answered, conversation, depth, message_id, references
from migrate.message.mailbox import from_problem
from migrate.message.predict import UPLOAD_LIMIT, Prediction, judge, predict, seen
from migrate.message.repair import Prepared, Repair, prepare

__all__ = [
    "UPLOAD_LIMIT",
    "Field",
    "Header",
    "Prediction",
    "Prepared",
    "Repair",
    "answered",
    "content",
    "conversation",
    "depth",
    "examine",
    "format_date",
    "from_problem",
    "header_end",
    "judge",
    "message_id",
    "parse_date",
    "predict",
    "prepare",
    "references",
    "seen",
]
