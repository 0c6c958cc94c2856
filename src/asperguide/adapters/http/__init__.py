"""The HTTP side: the edge around Litestar, the REST conventions and one controller module per context."""

from asperguide.adapters.absent import without

with without("attrs"), without("cattrs"), without("pydantic"):  # of which it would import all that is installed
    import litestar as litestar
