"""What every context may import: errors, ports, actor, pages."""
