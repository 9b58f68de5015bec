"""The ledger's tables: the truth about a migration.

- `account` one row of accounts.csv. Only the holder of its lease, whose number is `fence`, writes
  rows that belong to it. `history_id` is Gmail's history as of which `baseline` is complete;
  `notes_since` the one before placeholders of which some may not be recorded, see there.
  `changes_since` is Gmail's history as of which `message.touched` is complete. `paused`: since when
  somebody wants it left alone, in seconds since 1970. `pace` is the units a second that Gmail's
  refusals taught to be the user's limit, `pace_at` when.
- `folder` one IMAP mailbox at one UIDVALIDITY, with the label it goes to or the rule that leaves
  it out. `listed` is the source's count of a folder that a rule leaves out: it is not scanned.
  `uidnext` is one more than the highest UID seen, `problem` an error code when the source did not
  open it. `seen` is what the source told of the folder when it was last scanned to its end (RFC
  9051 6.3.11): `uidnext`, `messages`, `highestmodseq`, each as told or None; None: not yet.
- `occurrence` one message in a folder at a UID. Its states, and who moves it:

      pending ──claim──▶ intended ──outcome──▶ imported · merged · present · skipped · quarantined
         ▲                   │                                                           │
         ├─────release───────┘        scan: pending · skipped                            │
         └─────────────────────────────────retry─────────────────────────────────────────┘

  `intended` after a crash means *in doubt*: Gmail may have the message. `slice_id` names the slice
  that claimed it and with it the history from which Gmail can be asked. `gone` marks what the
  source no longer has; it is outside the accounting. `bundle` is equal for all candidates of one
  message, `predicted` (`certain` or not) what Gmail is expected to say of it, `seq` the order of
  copying (None: not in this run), `depth` how many messages it refers to, `at` the seconds since
  1970 that decide about it, `dated` those that Gmail will show, `detail` what the source said when
  it did not hand the message out, `placeholder_id` the message that stands for it then, `digest`
  the SHA-256 that `plan --deep` saw, `parts` whether the prediction knows the names of
  attachments, `fields` a hash of the header fields that are scanned.
- `message` distinct bytes (SHA-256 of what the source returned) in an account, and what became of
  them. `header_id` is the Message-ID that was uploaded, `date` the seconds since 1970 that Gmail
  must show, `basis` what the repairs depended on besides the bytes, `labels` what we wrote.
  `gmail_id` is not unique: Gmail may have merged two of ours. `draft_id` is set for a real draft,
  whose bytes Gmail may rewrite; `placeholder_id` is the message that stands in a mailbox for a
  quarantined one. `stale`: something changed at the source (a flag, a copy that came or went), and
  `labels` may not be what the source now says. `touched`: Gmail's history says that somebody else
  changed it since; `unsure`: it may have said so, but had expired. `deleted`: the source has no
  copy of it any more. `kept`: what of the source's last change was left as the user has it, as
  `{"why", "labels"}` (`delta/merge.py`). `undone`: `trashed` or `deleted` by an undo; while it is
  set the message is not ours at the target any more, and its occurrences are open again.
- `change` what a run did to a message that was there already (or an undo to any), written before
  it is done. `what` is `labels`, `trashed`, `untrashed` or `deleted`; `added` and `removed` are
  names as in `message.labels`; `undone` is the run of the undo that took it back.
- `slice` a bounded piece of work; `history_id` was read before its first upload. `mend`: what Gmail
  refuses for its From was sent again with another one, so what is in doubt may be in either form.
- `repair` header fields that were changed, before and after.
- `label` a label of ours at the target; `run_id` is set when we created it. Where Gmail refused the
  `name` (`refused` has its words), `stand_in` is the name of the label that `gmail_id` is then of,
  empty when mail has to do without.
- `baseline` ids that were in the mailbox before us.
- `run` one pass of `migrate run`. `options` has the `source` and `target` servers, too.
- `verification` one `migrate verify` of an account that came to its end, written then. `compared`:
  the target could be read; `changed`: messages that their owner had changed in Gmail.
- `notice` the mail to an account's owner, written before it is sent. `history_id` is Gmail's before
  that, `gmail_id` is set when it is there. `number` counts on when an undo takes the notice back:
  the next one has another Message-ID.
- `traffic` the bytes that an account has got from the source, by the hour since 1970 (UTC); a day's
  worth is kept.
- `quota` one row for the project of which all processes on this ledger spend: `due` is up to when,
  in seconds since 1970, the flow of its units is given away, `spent` what was given away on the
  `day`, `pace` the units a second that one of them has learnt to be the limit, `pace_at` when.

No secret is stored, and no text of a message but repaired header fields.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = 4

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("id", String, primary_key=True),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("options", JSON, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_user", String, nullable=False),
    Column("target_user", String, nullable=False),
    Column("state", String, nullable=False, default="new"),
    Column("error_code", String),
    Column("error_params", JSON),
    Column("history_id", String),
    Column("baseline_at", Float),
    Column("scanned_at", Float),
    Column("notes_since", String),
    Column("changes_since", String),
    Column("paused", Float),
    Column("fence", Integer, nullable=False, default=0),
    Column("lease_owner", String),
    Column("lease_until", Float),
    Column("pace", Float),
    Column("pace_at", Float),
    UniqueConstraint("source_user", "target_user"),
)

folder = Table(
    "folder",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("name", String, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("label", String),
    Column("system", Boolean, nullable=False, default=False),
    Column("rule", String),
    Column("renamed", String),
    Column("listed", Integer, nullable=False, default=0),
    Column("uidnext", BigInteger),
    Column("seen", JSON),
    Column("problem", String),
    Column("problem_params", JSON),
    Column("gone", Boolean, nullable=False, default=False),
    UniqueConstraint("account_id", "raw", "uidvalidity"),
)

slice_ = Table(
    "slice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("run_id", ForeignKey("run.id"), nullable=False),
    Column("history_id", String),
    Column("at", Float, nullable=False),
    Column("mend", Boolean),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("sha256", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("header_id", String),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("detail", Text),
    Column("gmail_id", String),
    Column("thread_id", String),
    Column("date", BigInteger),
    Column("basis", JSON),
    Column("labels", JSON, nullable=False),
    Column("labels_before", JSON),
    Column("draft_id", String),
    Column("placeholder_id", String),
    Column("stale", Boolean),
    Column("touched", Boolean),
    Column("unsure", Boolean),
    Column("deleted", Boolean),
    Column("kept", JSON(none_as_null=True)),
    Column("undone", String),
    Column("run_id", ForeignKey("run.id")),
    UniqueConstraint("account_id", "sha256"),
    Index("message_header_id", "account_id", "header_id"),
    Index("message_gmail_id", "account_id", "gmail_id"),
)

occurrence = Table(
    "occurrence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("folder_id", ForeignKey("folder.id"), nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("flags", String, nullable=False, default=""),
    Column("internal_date", String),
    Column("at", BigInteger, nullable=False, default=0),
    Column("dated", BigInteger),
    Column("size", BigInteger, nullable=False, default=0),
    Column("email_id", String),
    Column("bundle", String),
    Column("conversation", String),
    Column("seq", Integer),
    Column("depth", Integer),
    Column("predicted", String),
    Column("certain", Boolean, nullable=False, default=True),
    Column("digest", String),
    Column("parts", Boolean),
    Column("fields", BigInteger),
    Column("state", String, nullable=False, default="pending"),
    Column("reason", String),
    Column("detail", Text),
    Column("slice_id", ForeignKey("slice.id")),
    Column("message_id", ForeignKey("message.id")),
    Column("placeholder_id", String),
    Column("gone", Boolean, nullable=False, default=False),
    UniqueConstraint("folder_id", "uid"),
    Index("occurrence_next", "account_id", "state", "seq"),
    Index("occurrence_bundle", "account_id", "bundle"),
    Index("occurrence_conversation", "account_id", "conversation"),
    Index("occurrence_message", "message_id"),
)

# Partial: these are rare, and asked for at every take-up, or with every upload. Only for SQLite:
# to name a dialect imports it, and PostgreSQL's takes as long as a tenth of a start.
for each in (message.c.placeholder_id, occurrence.c.placeholder_id):
    Index(
        f"{each.table.name}_placeholder",
        each.table.c.account_id,
        each,
        sqlite_where=each.is_not(None),
    )
for name, which in (("stale", "stale"), ("deleted", "deleted"), ("kept", "kept IS NOT NULL")):
    Index(
        f"message_{name}",
        message.c.account_id,
        sqlite_where=text(which),
    )
Index(
    "occurrence_intended",
    occurrence.c.account_id,
    sqlite_where=text("state = 'intended'"),
)

change = Table(
    "change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("run_id", ForeignKey("run.id"), nullable=False, index=True),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("gmail_id", String, nullable=False),
    Column("what", String, nullable=False),
    Column("added", JSON, nullable=False),
    Column("removed", JSON, nullable=False),
    Column("undone", ForeignKey("run.id")),
)

repair = Table(
    "repair",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("field", String, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("why", String, nullable=False),
)

label = Table(
    "label",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("gmail_id", String),
    Column("stand_in", String),
    Column("refused", Text),
    Column("run_id", ForeignKey("run.id")),
)

baseline = Table(
    "baseline",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("gmail_id", String, primary_key=True),
    sqlite_with_rowid=False,
)

verification = Table(
    "verification",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("started", Float, nullable=False),
    Column("ended", Float, nullable=False),
    Column("deep", Boolean, nullable=False),
    Column("compared", Boolean, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("differences", Integer, nullable=False),
)

quota = Table(
    "quota",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("due", Float, nullable=False),
    Column("day", String, nullable=False),
    Column("spent", BigInteger, nullable=False),
    Column("pace", Float),
    Column("pace_at", Float),
)

notice = Table(
    "notice",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("history_id", String),
    Column("gmail_id", String),
    Column("run_id", ForeignKey("run.id")),
)

traffic = Table(
    "traffic",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)
