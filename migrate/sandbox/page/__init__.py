"""The rehearsed mailboxes, to look at in a browser."""
