"""The HTTP side: the edge around Litestar, the REST conventions and one controller module per context."""

from asperguide.adapters.absent import without

with without("advanced_alchemy"):  # it would import all of it for a class of its own: 8 MiB and 0.1 s
    import litestar as litestar
