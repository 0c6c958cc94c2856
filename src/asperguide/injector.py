"""dependency-injector, without the frameworks that it imports where they happen to be installed.

It looks for markers and settings of theirs, which nobody uses here, in each of them that it finds: 15 MiB and a quarter
of a second.
"""

from contextlib import ExitStack
from types import SimpleNamespace

from asperguide.adapters.absent import without

with ExitStack() as unused:
    for name in ("fastapi", "fast_depends", "starlette", "werkzeug", "pydantic_settings"):
        unused.enter_context(without(name))
    unused.enter_context(without("pydantic", instead=SimpleNamespace(VERSION="none")))  # it believes no refusal of this
    from dependency_injector.containers import DeclarativeContainer
    from dependency_injector.providers import Callable, Dependency, Factory, Object, Provider, Singleton

__all__ = ["Callable", "DeclarativeContainer", "Dependency", "Factory", "Object", "Provider", "Singleton"]
