"""Settings: where they come from, what is refused and how, and the secret that the embedded service keeps."""

import base64
import logging
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from asperguide.choosing import log_rules
from asperguide.settings import Settings, SettingsRefused, check, load
from asperguide.settings.model import SECRET_NAMES

KEY = "b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8"
CAPSULE_KEY = "Xq3vN0c9yK7mZr5tLw8uBf2hGd6sJa4pEoViCx1lQkM"
OTHER_CAPSULE_KEY = "8d7kWm2Rv5yTz0nQp6sLf3hJx9cGb4aEuViDo1lKqMw"
PUBLIC = {
    "ENVIRONMENT": "production",
    "OAUTH_SECRET_KEY": KEY,
    "CAPSULE_KEYS": f"2031-05:{CAPSULE_KEY}",
    "PUBLIC_URL": "https://guides.example.org",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, **environ: str) -> Settings:
    return load({"DATA_DIR": str(folder / "var"), **environ}, folder)


def test_an_empty_environment_is_a_complete_local_service(folder: Path) -> None:
    settings = load({}, folder)
    assert (settings.environment, settings.host, settings.url) == ("local", "127.0.0.1", "http://127.0.0.1:5000")
    assert settings.embedded
    assert not settings.uses_redis
    assert settings.shows_docs
    assert settings.access_token_lifetime == timedelta(minutes=15)
    assert len(settings.oauth_secret_key) >= 32


def test_the_environment_of_the_process_is_read_by_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_PORT", "6001")
    assert load().server_port == 6001


def test_dotenv_wins_over_toml_and_the_environment_over_both(folder: Path) -> None:
    (folder / "config.toml").write_text('sql_host = "toml"\nsql_port = 1\nsql_username = "toml"\nSQL_DATABASE = "toml"')
    (folder / ".env").write_text("SQL_HOST=dotenv\nSQL_PORT=2\nsql_username=dotenv")
    settings = read(folder, SQL_HOST="environment")
    assert (settings.sql_host, settings.sql_port) == ("environment", 2)
    assert (settings.sql_username, settings.sql_database) == ("dotenv", "toml")


@pytest.mark.parametrize("source", ["config.toml", ".env", "environment"])
def test_every_source_may_name_a_file_that_holds_the_value(folder: Path, source: str) -> None:
    (folder / "password").write_text("pässword \n")
    path = folder / "password"
    if source == "environment":
        settings = read(folder, SQL_PASSWORD_FILE=str(path))
    else:
        (folder / source).write_text(f'SQL_PASSWORD_FILE = "{path}"')
        settings = read(folder)
    assert settings.sql_password == "pässword"


def test_a_later_source_wins_whether_by_value_or_by_file(folder: Path) -> None:
    (folder / "password").write_text("from the file")
    (folder / ".env").write_text("SQL_PASSWORD_FILE=password\nSMTP_PASSWORD=from .env")
    settings = read(folder, SQL_PASSWORD="given", SMTP_PASSWORD_FILE="password")
    assert (settings.sql_password, settings.smtp_password) == ("given", "from the file")


def test_an_empty_variable_counts_as_not_given(folder: Path) -> None:
    (folder / ".env").write_text("SQL_PORT=3307\nSMTP_HOST=")
    settings = read(folder, SQL_PORT="", DOCS_ENABLED="", DEBUG="", SQL_PASSWORD_FILE="")
    assert (settings.sql_port, settings.docs_enabled, settings.debug) == (3307, None, False)


def test_variables_of_other_programs_are_none_of_our_business(folder: Path) -> None:
    assert read(folder, REDIS_SERVICE_HOST="10.0.0.1", PATH="/bin", sql_host="lower case").sql_host == ""


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("SQL_PASSWORD=plain", "plain"),
        ("  export SQL_PASSWORD = spaced  ", "spaced"),
        ("SQL_PASSWORD='quoted # not a comment'", "quoted # not a comment"),
        ('SQL_PASSWORD="quoted" # a comment', "quoted"),
        ("SQL_PASSWORD=bare # a comment", "bare"),
        ("SQL_PASSWORD=with#hash=and'quote", "with#hash=and'quote"),
        ('SQL_PASSWORD="', '"'),
        ("# SQL_PASSWORD=commented\n\n", ""),
    ],
)
def test_dotenv_lines_are_understood(folder: Path, line: str, value: str) -> None:
    (folder / ".env").write_text(f"\ufeff{line}\n", encoding="utf-8")
    assert read(folder).sql_password == value


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("ON", True), ("1", True), ("true", True), ("No", False)])
def test_switches_are_understood_as_people_write_them(folder: Path, text: str, value: bool) -> None:
    settings = read(folder, ENABLE_CRONS=text, DOCS_ENABLED=text)
    assert (settings.enable_crons, settings.docs_enabled) == (value, value)


def test_lists_are_separated_by_commas_or_written_in_toml(folder: Path) -> None:
    (folder / "config.toml").write_text('trusted_proxies = ["10.0.0.0/8", "::1"]')
    settings = read(folder, CORS_ORIGINS="https://a.example.org, http://localhost:3000,")
    assert settings.cors_origins == ("https://a.example.org", "http://localhost:3000")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


def test_a_database_server_switches_to_every_interface(folder: Path) -> None:
    settings = read(folder, SQL_HOST="db", REDIS_SOCKET_PATH="/run/redis.sock")
    assert (settings.host, settings.embedded, settings.uses_redis) == ("0.0.0.0", False, True)
    assert read(folder, SQL_HOST="db", SERVER_HOST="::1").host == "::1"


def test_documentation_is_off_in_production_unless_asked_for(folder: Path) -> None:
    assert not read(folder, **PUBLIC).shows_docs
    assert read(folder, **PUBLIC, DOCS_ENABLED="true").shows_docs


def test_metrics_are_served_locally_and_elsewhere_with_a_token_unless_told_otherwise(folder: Path) -> None:
    assert read(folder).shows_metrics
    assert not read(folder, METRICS_ENABLED="false").shows_metrics
    assert not read(folder, **PUBLIC).shows_metrics
    assert read(folder, **PUBLIC, METRICS_TOKEN=KEY).shows_metrics
    assert read(folder, **PUBLIC, METRICS_ENABLED="true").shows_metrics


def test_the_public_url_loses_its_trailing_slash(folder: Path) -> None:
    assert read(folder, PUBLIC_URL="https://guides.example.org/").url == "https://guides.example.org"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.toml", "sql_hots = 'db'"),
        ("config.toml", "[sql]\nhost = 'db'"),
        ("config.toml", "not toml"),
        (".env", "SQL_HOTS=db"),
        (".env", "SQL_HOST"),
        (".env", "SQL_PASSWORD=a\nSQL_PASSWORD_FILE=b"),
        ("config.toml", "sql_host = 'a'\nSQL_HOST = 'b'"),
    ],
)
def test_a_file_that_is_wrong_is_named(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(SettingsRefused, match=name):
        read(folder)


@pytest.mark.parametrize("name", ["config.toml", ".env"])
def test_a_file_that_cannot_be_read_is_named(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    with pytest.raises(SettingsRefused, match=name):
        read(folder)
    (folder / name).rmdir()
    (folder / name).write_bytes(b"SQL_HOST=\xff")
    with pytest.raises(SettingsRefused, match=f"{name}: .* UTF-8"):
        read(folder)


REFUSED = [
    ("SERVER_PORT", "http"),
    ("SERVER_PORT", "0"),
    ("SERVER_PORT", "65536"),
    ("SQL_POOL_SIZE", "0"),
    ("DEBUG", "maybe"),
    ("ENVIRONMENT", "prod"),
    ("SMTP_SECURITY", "ssl"),
    ("OAUTH_ALGORITHM", "none"),
    ("OAUTH_TOKEN_EXPIRE_MINUTES", "61"),
    ("SESSION_ABSOLUTE_DAYS", "0"),
    ("SESSION_STALENESS_SECONDS", "31"),
    ("RATE_LIMIT_CREDENTIALS", "0"),
    ("PASSWORD_MIN_LENGTH", "65"),
    ("CORS_ORIGINS", "*"),
    ("CORS_ORIGINS", "null"),
    ("CORS_ORIGINS", "https://*.example.org"),
    ("CORS_ORIGINS", "https://a.example.org,b.example.org"),
    ("CORS_ORIGINS", "https://a.example.org/"),
    ("CORS_ORIGINS", "https://a.example.org#x"),
    ("CORS_ORIGINS", "https://me@a.example.org"),
    ("CORS_ORIGINS", "https://[broken"),
    ("CORS_ORIGINS", "ftp://a.example.org"),
    ("TRUSTED_PROXIES", "*"),
    ("TRUSTED_PROXIES", "0.0.0.0/0"),
    ("TRUSTED_PROXIES", "::/0"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("PUBLIC_URL", "guides.example.org"),
    ("PUBLIC_URL", "https://"),
    ("PUBLIC_URL", "https://host:port"),
    ("METRICS_TOKEN", "short"),
    ("METRICS_TOKEN", f"{KEY}ü"),
    ("OAUTH_SECRET_KEY", "short"),
    ("OAUTH_SECRET_KEY", "abcabcab" * 8),
    ("OAUTH_SECRET_KEY", "your-secret-key-0123456789-abcdefghij"),
    ("CAPSULE_KEYS", ","),
    ("CAPSULE_KEYS", CAPSULE_KEY),
    ("CAPSULE_KEYS", f":{CAPSULE_KEY}"),
    ("CAPSULE_KEYS", f"May:{CAPSULE_KEY}"),
    ("CAPSULE_KEYS", f"{'x' * 33}:{CAPSULE_KEY}"),
    ("CAPSULE_KEYS", "a:"),
    ("CAPSULE_KEYS", f"a:{CAPSULE_KEY[:-1]}"),
    ("CAPSULE_KEYS", f"a:{CAPSULE_KEY}x"),
    ("CAPSULE_KEYS", f"a:{CAPSULE_KEY[:-1]}+"),
    ("CAPSULE_KEYS", f"a:{'A' * 43}"),
    ("CAPSULE_KEYS", f"a:{CAPSULE_KEY},a:{OTHER_CAPSULE_KEY}"),
    ("CAPSULE_KEYS", f"a:{CAPSULE_KEY},b:{CAPSULE_KEY}="),
    ("CAPSULE_SWEEP_SECONDS", "0"),
    ("CAPSULE_SWEEP_SECONDS", "3601"),
    ("CAPSULE_MAX_YEARS", "0"),
    ("CAPSULE_MAX_YEARS", "51"),
    ("MAIL_FROM", "nobody"),
    ("MAIL_FROM", "a@example.org\nBcc: b@example.org"),
    ("SQL_HOST", "db\x00"),
    ("SQL_PASSWORD_FILE", "/nowhere/at/all"),
    ("MEDIA_CONCURRENCY", "0"),
    ("WORKER_QUEUES", "video"),
    ("WORKER_QUEUES", "default,video"),
    ("WORKER_QUEUES", ","),
]


def test_workers_serve_both_queues_unless_told_otherwise(folder: Path) -> None:
    assert read(folder).queues == {"default": 4, "media": 1}
    assert read(folder, WORKER_QUEUES="media", MEDIA_CONCURRENCY="3").queues == {"media": 3}
    assert read(folder, WORKER_QUEUES="media,default", WORKER_CONCURRENCY="2").queues == {"default": 2, "media": 1}


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_that_is_malformed_or_unsafe_is_refused_by_name(folder: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=f"^{name}: "):
        read(folder, **{name: value})


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
def test_an_asymmetric_algorithm_needs_its_key(folder: Path, algorithm: str) -> None:
    with pytest.raises(SettingsRefused, match="OAUTH_PRIVATE_KEY"):
        read(folder, OAUTH_ALGORITHM=algorithm)
    assert read(folder, OAUTH_ALGORITHM=algorithm, OAUTH_PRIVATE_KEY="PEM\nlines").oauth_algorithm == algorithm


def test_a_type_that_toml_gets_wrong_is_refused_by_name(folder: Path) -> None:
    for line in ("sql_password = 12345", "data_dir = 5", "cors_origins = [1]", "debug = 'perhaps'"):
        (folder / "config.toml").write_text(line)
        with pytest.raises(SettingsRefused, match=line.split(" ")[0].upper()):
            load({}, folder)


def test_production_starts_with_what_it_must_have(folder: Path) -> None:
    assert read(folder, **PUBLIC).oauth_secret_key == KEY
    assert not (folder / "var").exists()


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OAUTH_SECRET_KEY", ""),
        ("CAPSULE_KEYS", ""),
        ("PUBLIC_URL", ""),
        ("PUBLIC_URL", "http://guides.example.org"),
        ("PASSWORD_MIN_LENGTH", "7"),
        ("SMTP_SECURITY", "none"),
    ],
)
def test_what_a_laptop_may_do_is_refused_elsewhere(folder: Path, environment: str, name: str, value: str) -> None:
    unsafe = {"SMTP_HOST": "mail", name: value}
    read(folder, **unsafe)
    with pytest.raises(SettingsRefused, match=f"^{name}: "):
        read(folder, **{**PUBLIC, "ENVIRONMENT": environment, **unsafe})


def test_plain_http_towards_this_machine_itself_is_fine(folder: Path) -> None:
    assert read(folder, **{**PUBLIC, "PUBLIC_URL": "http://127.0.0.1:5000"}).url == "http://127.0.0.1:5000"


def test_debug_is_refused_in_production_only(folder: Path) -> None:
    assert read(folder, **{**PUBLIC, "ENVIRONMENT": "staging"}, DEBUG="1").debug
    with pytest.raises(SettingsRefused, match=r"^DEBUG: "):
        read(folder, **PUBLIC, DEBUG="1")


def test_all_refusals_are_told_at_once(folder: Path) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(folder, ENVIRONMENT="production", CORS_ORIGINS="*", MAIL_FROM="x")
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "CORS_ORIGINS",
        "MAIL_FROM",
        "OAUTH_SECRET_KEY",
        "CAPSULE_KEYS",
        "PUBLIC_URL",
    ]


def test_settings_made_in_code_are_checked_alike(folder: Path) -> None:
    assert check(Settings(oauth_secret_key=KEY)).oauth_secret_key == KEY
    with pytest.raises(SettingsRefused, match="OAUTH_SECRET_KEY"):
        check(Settings(oauth_secret_key="short"))


def test_no_refusal_repeats_a_secret(folder: Path) -> None:
    for name in SECRET_NAMES:
        with pytest.raises(SettingsRefused) as refused:
            read(folder, **{**PUBLIC, "PUBLIC_URL": "", name.upper(): "hunter2\x07"})
        assert "hunter2" not in str(refused.value)


def test_secrets_are_masked_when_settings_are_shown() -> None:
    shown = Settings(**dict.fromkeys(SECRET_NAMES, "hunter2"), sql_host="db").redacted()  # type: ignore[arg-type]
    assert {shown[name] for name in SECRET_NAMES} == {"******"}
    assert "hunter2" not in str(shown)
    assert (shown["sql_host"], shown["server_port"], shown["smtp_username"]) == ("db", "5000", "")


def test_an_absent_secret_is_shown_as_absent() -> None:
    assert Settings().redacted()["sql_password"] == ""


def test_the_kept_secret_is_its_owners_only_and_stays(folder: Path) -> None:
    before = os.umask(0)
    try:
        first = read(folder).oauth_secret_key
    finally:
        os.umask(before)
    path = folder / "var" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read(folder).oauth_secret_key == first == path.read_text()
    assert {child.name for child in path.parent.iterdir()} == {"secret", "capsule-keys"}
    assert read(folder, DATA_DIR=str(folder / "other")).oauth_secret_key != first


def test_capsule_keys_are_given_in_order_and_however_lists_are_written(folder: Path) -> None:
    keys = read(folder, CAPSULE_KEYS=f"new:{CAPSULE_KEY}=, old-2:{OTHER_CAPSULE_KEY}").vault_keys
    assert list(keys) == ["new", "old-2"]
    assert {len(key) for key in keys.values()} == {32}
    assert keys["new"] == base64.urlsafe_b64decode(f"{CAPSULE_KEY}=")
    (folder / "keys").write_text(f"new:{CAPSULE_KEY}\nold-2:{OTHER_CAPSULE_KEY}\n")
    assert read(folder, CAPSULE_KEYS_FILE=str(folder / "keys")).vault_keys == keys
    assert not (folder / "var" / "capsule-keys").exists()


def test_the_kept_capsule_key_is_its_owners_only_and_stays_whatever_the_other_secret_is(folder: Path) -> None:
    before = os.umask(0)
    try:
        first = read(folder, OAUTH_SECRET_KEY=KEY)
    finally:
        os.umask(before)
    path = folder / "var" / "capsule-keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(folder).vault_keys == first.vault_keys
    assert [len(key) for key in first.vault_keys.values()] == [32]
    assert not set(read(folder, DATA_DIR=str(folder / "other")).vault_keys) & set(first.vault_keys)
    path.write_text(f"new:{CAPSULE_KEY}\n{path.read_text()}")
    assert list(read(folder).vault_keys) == ["new", *first.vault_keys]


@pytest.mark.parametrize("text", [b"", b"\n", b"a:short", f"{CAPSULE_KEY}".encode(), b"\xff"])
def test_damaged_capsule_keys_are_refused_by_their_file_rather_than_made_anew(folder: Path, text: bytes) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "capsule-keys").write_bytes(text)
    with pytest.raises(SettingsRefused, match=r"^DATA_DIR: .*capsule-keys (is damaged|cannot be kept)") as refused:
        read(folder)
    assert CAPSULE_KEY not in str(refused.value)
    assert (folder / "var" / "capsule-keys").read_bytes() == text


def test_a_refused_list_of_capsule_keys_tells_how_to_make_one_and_none_of_the_keys(folder: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"^CAPSULE_KEYS: .*entry 2.*`asperguide keys new --capsule") as refused:
        read(folder, CAPSULE_KEYS=f"a:{CAPSULE_KEY},b:{OTHER_CAPSULE_KEY}!")
    assert OTHER_CAPSULE_KEY not in str(refused.value) and CAPSULE_KEY not in str(refused.value)


def test_processes_that_race_for_the_secret_agree(folder: Path) -> None:
    lines = (
        "import sys",
        "from asperguide.settings import load",
        "print('ready', flush=True)",
        "sys.stdin.read()",
        "for n in range(50):",
        "    settings = load({'DATA_DIR': f'var/{n}'})",
        "    print(settings.oauth_secret_key, settings.capsule_keys)",
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", "\n".join(lines)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    assert {racer.stdout.readline() for racer in racers if racer.stdout} == {"ready\n"}
    for racer in racers:
        assert racer.stdin
        racer.stdin.close()
    answers = {racer.stdout.read() for racer in racers if racer.stdout}
    assert [racer.wait() for racer in racers] == [0] * 6
    assert len(answers) == 1
    assert {child.name for child in (folder / "var").glob("*/*")} == {"secret", "capsule-keys"}


def test_a_damaged_secret_is_refused_rather_than_signed_with(folder: Path) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "secret").write_text("")
    with pytest.raises(SettingsRefused, match=r"^DATA_DIR: .*damaged"):
        read(folder)


def test_a_data_folder_that_is_none_is_refused_by_name(folder: Path) -> None:
    (folder / "var").write_text("a file")
    with pytest.raises(SettingsRefused, match=r"^DATA_DIR: "):
        read(folder)


@pytest.mark.parametrize(("given", "level"), [("DEBUG", 10), ("warning", 30), ("Error", 40), ("", 20)])
def test_the_log_level_may_be_written_as_one_likes(folder: Path, given: str, level: int) -> None:
    assert log_rules(read(folder, LOG_LEVEL=given)).level == level


def test_debug_lowers_the_level_and_commands_have_one_of_their_own(folder: Path) -> None:
    assert log_rules(read(folder, DEBUG="1")).level == logging.DEBUG
    assert log_rules(read(folder, DEBUG="1", LOG_LEVEL="error")).level == logging.ERROR
    assert log_rules(read(folder), logging.WARNING).level == logging.WARNING
    assert log_rules(read(folder, LOG_LEVEL="info"), logging.WARNING).level == logging.INFO


@pytest.mark.parametrize(
    ("name", "value"), [("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"), ("LOG_FILE_MAX_MB", "0"), ("SLOW_QUERY_MS", "-1")]
)
def test_log_settings_that_mean_nothing_are_refused(folder: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=f"^{name}: "):
        read(folder, **{name: value})


def test_log_rules_follow_the_settings_and_know_every_secret(folder: Path) -> None:
    secrets = {name.upper(): f"{KEY}={name.encode().hex()}" for name in SECRET_NAMES}
    secrets["SENTRY_DSN"] = f"https://{KEY}@sentry.example.org/42"
    secrets["CAPSULE_KEYS"] = f"new:{CAPSULE_KEY},old:{OTHER_CAPSULE_KEY}"
    secrets["BUCKET_STORES"] = f"archive=https://them:{KEY}@s3.example.org/files"
    rules = log_rules(
        read(folder, LOG_FILE="x/y.log", LOG_FILE_MAX_MB="3", LOG_FILE_KEEP_DAYS="7", LOG_FORMAT="json", **secrets)
    )
    assert (rules.file, rules.file_bytes, rules.file_keep) == (Path("x/y.log"), 3 * 1024 * 1024, timedelta(days=7))
    assert rules.format == "json"
    assert set(rules.secrets) >= {*secrets.values(), CAPSULE_KEY, OTHER_CAPSULE_KEY}
    assert KEY not in repr(rules)


def test_traces_and_metrics_go_where_logs_go_unless_told_otherwise(folder: Path) -> None:
    collector = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    assert not (read(folder).sends_traces or read(folder).sends_metrics)
    assert read(folder, **collector).sends_traces
    assert read(folder, **collector).sends_metrics
    only_logs = read(folder, **collector, OTEL_TRACES_EXPORTER="none", OTEL_METRICS_EXPORTER="none")
    assert not (only_logs.sends_traces or only_logs.sends_metrics)


def test_every_trace_is_recorded_locally_and_one_in_ten_elsewhere_unless_told_otherwise(folder: Path) -> None:
    assert read(folder).traced_share == 1.0
    assert read(folder, **PUBLIC).traced_share == 0.1
    assert read(folder, **PUBLIC, OTEL_TRACES_SAMPLER_ARG="0.5").traced_share == 0.5
    with pytest.raises(SettingsRefused, match="OTEL_TRACES_SAMPLER_ARG"):
        read(folder, OTEL_TRACES_SAMPLER_ARG="1.5")


@pytest.mark.parametrize("dsn", ["sentry.example.org", "https://sentry.example.org/42", "https://key@example.org/"])
def test_an_address_that_is_none_of_sentrys_is_refused(folder: Path, dsn: str) -> None:
    with pytest.raises(SettingsRefused, match="SENTRY_DSN: must be an address"):
        read(folder, SENTRY_DSN=dsn)


def test_sentry_without_its_package_is_refused_with_words_that_say_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(SettingsRefused, match=r"SENTRY_DSN: .*pip install 'asperguide\[telemetry\]'"):
        read(folder, SENTRY_DSN="https://key@sentry.example.org/42")
