"""Log lines of this process: the same format for every library, secrets masked, and nobody waits for where they go."""
