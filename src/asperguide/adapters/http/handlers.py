"""The decorators of route handlers: Litestar's, without what would be paid for each route and never used."""

from functools import partial

from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import Empty


class Handler(HTTPRouteHandler):
    """A handler that knows of the dependencies it asks for and of no others.

    Litestar gives every handler all that the application has, each compared with each: with a hundred use cases and a
    hundred routes that is half of the time a start takes, and 3 MiB.
    """

    @property
    def dependency_name_set(self) -> set[str]:
        """The names of the parameters that are filled, not read from the request."""
        return set(self.resolve_dependencies())

    def resolve_dependencies(self) -> dict[str, Provide]:
        """The dependencies by the names of the parameters that ask for them; the innermost layer wins."""
        if self._resolved_dependencies is Empty:
            wanted = self.parsed_fn_signature.parameters
            plugins = self._get_plugin_registry()
            self._resolved_dependencies = found = {}
            for layer in self.ownership_layers:
                for name, provider in (layer.dependencies or {}).items():
                    if name in wanted:
                        found[name] = self._resolve_dependency(name, provider, plugins)
        return self._resolved_dependencies


get = partial(Handler, http_method=HttpMethod.GET)
post = partial(Handler, http_method=HttpMethod.POST)
put = partial(Handler, http_method=HttpMethod.PUT)
patch = partial(Handler, http_method=HttpMethod.PATCH)
delete = partial(Handler, http_method=HttpMethod.DELETE)
options = partial(Handler, http_method=HttpMethod.OPTIONS)
