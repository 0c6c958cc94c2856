"""`python -m asperguide` is the `asperguide` command."""

from asperguide.cli import main

main()
