"""Keys, tokens and who exists."""
