"""Every kind of letter, what it must be told, and an example of each for previews."""

from collections.abc import Mapping

LANGUAGES = ("en", "fr")
"""The first one serves everybody whose language is missing."""

KINDS: Mapping[str, frozenset[str]] = {
    "verification": frozenset({"name", "link", "hours"}),
    "reset": frozenset({"name", "link", "minutes"}),
    "address-already-registered": frozenset({"name", "reset_link"}),
    "password-changed": frozenset({"name", "when", "device", "address"}),
    "new-device": frozenset({"name", "when", "device", "address"}),
    "email-change-confirmation": frozenset({"name", "link", "hours"}),
    "email-change-notice": frozenset({"name", "new_email", "when"}),
    "account-closing": frozenset({"name", "until", "link"}),
    "export-ready": frozenset({"name", "link", "until"}),
    "account-suspended": frozenset({"name"}),
    "account-reopened": frozenset({"name"}),
    "capsule-sealed": frozenset({"name", "sender", "theme", "when", "link"}),
    "capsule-unfolding": frozenset({"name", "sender", "theme", "when", "link"}),
    "capsule-ready": frozenset({"name", "sender", "theme", "link"}),
    "capsule-claim": frozenset({"name", "sender", "theme", "link", "until"}),
    "capsule-invitation": frozenset({"name", "sender", "theme", "when"}),
    "capsule-cancelled": frozenset({"name", "sender", "theme"}),
    "capsule-opened": frozenset({"name", "reader", "theme", "link"}),
    "capsule-answered": frozenset({"name", "reader", "theme", "link"}),
    "capsule-undeliverable": frozenset({"name", "reader", "theme", "link"}),
    "company-invitation": frozenset({"name", "sender", "company", "role", "link", "until"}),
    "project-ending": frozenset({"name", "project", "company", "when"}),
    "project-last-day": frozenset({"name", "project", "company", "when"}),
    "project-ended": frozenset({"name", "project", "company", "when"}),
}
"""The names that each kind needs; what else it is given is ignored. `address` is a network address.

`sender` is empty when whoever sealed a capsule is not named, `theme` when it has none.
"""

_EXAMPLES = {
    "name": "Siobhán O'Neil",
    "link": "https://guides.example.org/confirm#code=5mbyTfzOQOm3pQ",
    "reset_link": "https://guides.example.org/reset#code=5mbyTfzOQOm3pQ",
    "hours": "24",
    "minutes": "30",
    "when": "2026-03-14 09:26 UTC",
    "until": "2026-04-13",
    "device": "Firefox on Linux",
    "address": "203.0.113.7",
    "new_email": "s•••••@example.net",
    "sender": "Amélie d’Aragon",
    "reader": "Seán Ó Briain",
    "theme": "Birthday",
    "company": "O'Neil & Söhne",
    "role": "editor",
    "project": "Mariage d’Amélie & Seán",
}

SAMPLES: Mapping[str, Mapping[str, str]] = {
    kind: {name: _EXAMPLES[name] for name in sorted(names)} for kind, names in KINDS.items()
}
"""Example data for each kind."""
