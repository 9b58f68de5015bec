"""What a mailbox keeps, and what Gmail reads of a message."""
