# syntax=docker/dockerfile:1
# The image of every process: `docker build -t asperguide .`; with an SBOM of the system packages as well:
# `docker buildx build --sbom=true -t asperguide .`

ARG PYTHON=3.13

FROM ghcr.io/astral-sh/uv:0.13 AS uv

FROM python:${PYTHON}-slim-bookworm AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_CACHE_DIR=/cache UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/asperguide
WORKDIR /build
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/cache uv sync --locked --no-dev --extra telemetry --no-install-project
COPY README.md ./
COPY migrations migrations
COPY src src
RUN --mount=type=cache,target=/cache uv sync --locked --no-dev --extra telemetry --no-editable
# What is inside, package by package with hashes, for scanners: CycloneDX.
RUN uv export --locked --no-dev --extra telemetry --format cyclonedx1.5 --quiet --output-file /opt/asperguide/sbom.cdx.json

FROM python:${PYTHON}-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap ffmpeg tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin asperguide \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/asperguide /opt/asperguide
ENV PATH=/opt/asperguide/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data SERVER_HOST=0.0.0.0
# Where no config.toml and no .env can lie.
WORKDIR /opt/asperguide
USER 10001:10001
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:5000/health/live', timeout=3)"]
ENTRYPOINT ["tini", "--", "asperguide"]
CMD ["serve"]
