"""Promises held for whatever Hypothesis thinks of: through the real engine, a server and Gmail."""
