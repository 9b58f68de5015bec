"""The parts of `mailhaul demo`: sample mail (`mail.py`) and an IMAP server for it (`imap.py`)."""
