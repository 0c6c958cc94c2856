"""What measures speed, memory and exactness, in ratios to peers that run beside us on the same pinned core."""
