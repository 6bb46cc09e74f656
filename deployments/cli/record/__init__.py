"""Commands for ledger, archive and informants."""
