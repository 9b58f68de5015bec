"""A mailbox in which everything is that real mailboxes hold and no standard allows.

Each case is a small record, written down where its message is made: the bytes, where they lie, and
what must become of them. Nothing of what is expected is worked out by the code under test.
"""
