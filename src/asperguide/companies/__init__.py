"""Companies: their members and whom they invite, their clients, settings and limits."""
