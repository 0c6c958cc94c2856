"""Lists have names of their own, which their cursors carry."""

import importlib
from collections import Counter

from asperguide.shared.pages import ListRules
from tests.architecture.source import CONTEXTS


def test_no_two_lists_have_the_same_name() -> None:
    modules = [importlib.import_module(f"asperguide.{context}.listing") for context in CONTEXTS]
    rules = [one for module in modules for one in vars(module).values() if isinstance(one, ListRules)]
    assert len(rules) > len(CONTEXTS)
    assert [name for name, times in Counter(one.name for one in rules).items() if times > 1] == []
