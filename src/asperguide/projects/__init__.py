"""Projects of companies: their period, who may see them, and what is told before they end."""
