"""What lives in folders on this machine's disk."""
