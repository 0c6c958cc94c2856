"""Everything that touches the world outside, by technology."""
