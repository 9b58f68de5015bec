"""Gmail merged an import into a message that it had: same bytes stay there, others get a place.

Gmail deletes what lies in Trash or Spam after 30 days. The same bytes there are no reason to leave
a message out that lies elsewhere at the source: it goes in beside them, as other bytes do.
"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.delivery.attempts import Attempt
from migrate.delivery.memory import Memory
from migrate.delivery.message import Message
from migrate.delivery.recorder import Recorder
from migrate.gmail.errors import NotFound
from migrate.gmail.upload import Stored
from migrate.ledger.outcomes import Known
from migrate.sending import Letter, Sender, Target, ends_with

_DOOMED = frozenset({"TRASH", "SPAM"})


class Collisions:
    def __init__(
        self,
        target: Target,
        sender: Sender,
        memory: Memory,
        recorder: Recorder,
        *,
        keep_both: bool,
    ) -> None:
        self._target, self._sender, self._memory = target, sender, memory
        self._recorder, self._keep_both = recorder, keep_both

    def merged(self, gmail_id: str, others: Sequence[Known]) -> bool:
        """Whether Gmail answered with a message that was there before us or is another of ours."""
        if not self._target.readable:
            return False
        return bool(self._memory.ids([gmail_id])) or any(
            each.gmail_id == gmail_id for each in others
        )

    def strange(self, gmail_id: str, letter: Letter) -> bool:
        """Whether what Gmail answered with has other bytes. It may be what an earlier process sent
        before it died, of a message that has left the source since: then nobody knows of it."""
        if not self._target.readable:
            return False
        raw = self._target.mailbox.get_raw(gmail_id).raw
        return raw is None or not ends_with(raw, letter.parcel)

    def settle(self, message: Message, attempt: Attempt, letter: Letter, stored: Stored) -> None:
        """The same bytes are `present`, unless Gmail is about to delete them; others go in beside
        them, if the policy wants both."""
        mailbox = self._target.mailbox
        there = mailbox.get_raw(stored.gmail_id)
        added = self._target.labels.ids(letter.names) & self._added(letter, stored.gmail_id)
        before = there.labels - added
        same = there.raw is not None and ends_with(there.raw, letter.parcel)
        doomed = before & _DOOMED and not letter.names & _DOOMED
        if same and not doomed:
            self._recorder.stored(message, attempt, stored, "present", before=before)
        elif not (self._keep_both or same):
            self._recorder.stored(message, attempt, stored, "merged", before=before, reason="gmail")
        else:
            if added:
                mailbox.modify(stored.gmail_id, remove=sorted(added))
            second = self._sender.send("insert", letter, stored.thread_id)
            self._recorder.stored(message, attempt, second)

    def _added(self, letter: Letter, gmail_id: str) -> frozenset[str]:
        """The labels that our import added to a message that was there before."""
        try:
            if letter.history_id is None:
                return frozenset()
            changes = self._target.mailbox.changes(letter.history_id)
            mine = [each.labels for each in changes if each.gmail_id == gmail_id]
        except NotFound:
            return frozenset()
        return frozenset().union(*mine)
