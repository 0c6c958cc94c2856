# What a developer types; `just` alone lists it. Without `just` on the machine: `uv run just`.

[private]
default:
    @just --list --unsorted

# Run the tests, or some of them: just test tests/unit -k settings
test *args:
    uv run pytest -n 2 {{args}}

# Made-up requests, so many per route and role, against what the OpenAPI document promises: just fuzz 500
fuzz examples="100":
    ASPERGUIDE_FUZZ={{examples}} uv run pytest tests/e2e/test_openapi_campaign.py

# Put imports, spacing and quotes in order
format:
    uv run ruff check --select I --fix --quiet
    uv run ruff format

# Kill servers, workers and Redis under load for so many seconds, then look every promise up: just chaos 300 7
chaos seconds="60" seed="20260119":
    uv run --group bench python -m benchmarks chaos --seconds {{seconds}} --seed {{seed}}

# Everything that reads the code without running it
check: lint types

# Style and the import contracts
lint:
    #!/bin/sh
    code=0
    uv run ruff format --check --quiet || code=1
    uv run ruff check --quiet || code=1
    uv run lint-imports --no-logo || code=1
    exit $code

# Both type checkers
types:
    #!/bin/sh
    code=0
    uv run mypy || code=1
    uv run pyright || code=1
    exit $code

# Renew what is generated from the program
docs:
    uv run asperguide openapi > docs/openapi.json
    uv run asperguide errors > docs/errors.md

# The unit and contract suites on every CPython from 3.11 up that lies on this machine
test-all *args:
    .ci/pythons {{args}}

# What runs before anything lands
ci:
    .ci/run
