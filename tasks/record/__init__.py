"""The record: appending to the ledger and sealing it."""
