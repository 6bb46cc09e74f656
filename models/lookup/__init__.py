"""Looking things up: filters, records, boards, statistics."""
