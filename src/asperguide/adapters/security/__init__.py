"""Passwords, tokens and keys, by the libraries made for them."""
