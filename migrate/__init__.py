"""Copies IMAP mailboxes into Google Workspace through the Gmail API."""
