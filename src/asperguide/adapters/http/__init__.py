"""The HTTP side: the edge around Litestar, the REST conventions and one controller module per context."""

from asperguide.adapters.absent import without

# Litestar would import it to write documents that we write ourselves: 1.4 MiB in every process.
with without("yaml"):
    import litestar.openapi.plugins  # noqa: F401
