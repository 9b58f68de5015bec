"""Reports: read the ledger, are read by nobody."""
