"""What works through the ledger, and what puts into it by the clock."""
