"""What is wrong with this installation and what to do about it, in plain words."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import msgspec

from asperguide.shared.ports import Probe

LONGEST_REASON = 200

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "database": "Check SQL_HOST, SQL_PORT, SQL_USERNAME, SQL_PASSWORD and SQL_DATABASE, that the server runs and "
        "lets this machine in, and run `asperguide migrate up` if tables are missing. Without SQL_HOST a SQLite file "
        "in DATA_DIR is used: check that the folder can be written and the disk is not full.",
        "schema": "Run `asperguide migrate up`, with the newest version of this program.",
        "maintenance": "Nobody is served until you run `asperguide maintenance off`.",
        "redis": "Check REDIS_HOST, REDIS_PORT and REDIS_PASSWORD, or REDIS_SOCKET_PATH, and that the server runs. "
        "Until then caches and limits are kept per process.",
        "smtp": "Check SMTP_HOST, SMTP_PORT and SMTP_SECURITY, or SMTP_USERNAME and SMTP_PASSWORD if the sign-in was "
        "refused. Mails wait in the ledger and are sent when the server takes them.",
        "collector": "Check OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS. OTEL_TRACES_EXPORTER=none and "
        "OTEL_METRICS_EXPORTER=none switch off what it does not take. The service does without it.",
        "invariants": "See docs/operations.md: each says that a guarantee failed, or that something needs a person.",
        "folder": "Check that DATA_DIR can be written and that the disk is not full.",
        "storage": "Check BUCKET_ENDPOINT, BUCKET_ACCESS_KEY, BUCKET_SECRET_KEY, BUCKET_SECURE, BUCKET_REGION and that "
        "the account may put, get and delete in BUCKET_NAME, or BUCKET_STORES for a store with another name. Until "
        "then files can neither be sent nor shown.",
        "vault": "Check CAPSULE_KEYS, which has to hold the same keys on every machine: `asperguide keys list`. "
        "Without them sealed capsules stay closed.",
        "ffmpeg": "Install FFmpeg with H.264, AAC and WebP (Debian: apt install ffmpeg), or say where it is with "
        "FFMPEG_PATH and FFPROBE_PATH. Videos wait in the ledger until then.",
        "jail": "Install bubblewrap (Debian: apt install bubblewrap) and let it make user namespaces, or run a Linux "
        "kernel with Landlock (5.13 or later): a fault of FFmpeg could be used to read what this service can read.",
    }
)
UNKNOWN = "Check its settings with `asperguide settings` and that it can be reached from this machine."


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about one dependency; `advice` is empty when it is well."""

    name: str
    well: bool
    required: bool
    detail: str
    advice: str = ""


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """All findings. `well` unless something required is not."""

    well: bool
    findings: tuple[Finding, ...]


class Examine(msgspec.Struct, frozen=True, kw_only=True):
    """Asks every dependency and says, for each that does not answer, what to do. For operators: reasons are shown."""

    probes: tuple[Probe, ...]
    timeout: timedelta = timedelta(seconds=5)
    advice: Mapping[str, str] = ADVICE

    async def __call__(self) -> Examination:
        """Examine everything at once, in the order of the probes. Never raises."""
        findings = tuple(await asyncio.gather(*(self._examine(probe) for probe in self.probes)))
        return Examination(well=all(f.well or not f.required for f in findings), findings=findings)

    async def _examine(self, probe: Probe) -> Finding:
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                word = await probe.check()
        except TimeoutError:
            return self._ill(probe, f"No answer within {self.timeout.total_seconds():g} s.")
        except Exception as error:
            reason = next(iter(str(error).splitlines()), "")[:LONGEST_REASON]
            return self._ill(probe, f"{type(error).__name__}: {reason}")
        return Finding(name=probe.name, well=True, required=probe.required, detail=word)

    def _ill(self, probe: Probe, detail: str) -> Finding:
        advice = self.advice.get(probe.name.partition(" ")[0], UNKNOWN)
        return Finding(name=probe.name, well=False, required=probe.required, detail=detail, advice=advice)
