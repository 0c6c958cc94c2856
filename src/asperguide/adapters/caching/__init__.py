"""Reading through caches, whatever they are made of."""
