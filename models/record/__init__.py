"""The record: what the ledger and its seals are made of."""
