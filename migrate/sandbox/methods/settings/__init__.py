"""users.settings: kept and given back. None of them acts: no filter runs, nothing is forwarded.

account.py       vacation, imap, pop, language: one of each in a mailbox
filters.py       forwarding.py       send_as.py       delegates.py
resources.py     what they share
"""
