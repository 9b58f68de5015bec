"""What Gmail allows a mailbox and a project in a time, and failures on purpose."""
