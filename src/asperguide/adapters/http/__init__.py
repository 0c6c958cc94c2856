"""The HTTP side: the edge around Litestar, the REST conventions and one controller module per context."""
