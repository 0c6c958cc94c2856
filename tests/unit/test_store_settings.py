"""Settings of object stores: which they switch on, what is refused, and that no secret shows."""

from pathlib import Path

import pytest

from asperguide.choosing import log_rules
from asperguide.settings import Settings, SettingsRefused, load
from asperguide.settings.stores import Store, parse

KEY = "b3Jn4wq0Zk7fXyT1uLhPc9sVd2mGeRa8"
SERVER = {
    "BUCKET_ENDPOINT": "s3.example.org",
    "BUCKET_ACCESS_KEY": "ours",
    "BUCKET_SECRET_KEY": "kX9vQm2LrT8wZ4nB",
}
PUBLIC = {
    "ENVIRONMENT": "production",
    "OAUTH_SECRET_KEY": KEY,
    "CAPSULE_KEYS": "2031-05:Xq3vN0c9yK7mZr5tLw8uBf2hGd6sJa4pEoViCx1lQkM",
    "PUBLIC_URL": "https://guides.example.org",
    **SERVER,
}
ARCHIVE = "archive=https://them:s%2Fcr%40t-and-long@s3.eu.example.org:9000/old-files/a/b?region=eu-west-1"


def read(folder: Path, **environ: str) -> Settings:
    return load({"DATA_DIR": str(folder / "var"), **environ}, folder)


def test_without_an_endpoint_there_is_a_folder(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.stores == {}
    assert settings.object_folder == tmp_path / "var" / "objects"


def test_an_endpoint_switches_to_its_server(tmp_path: Path) -> None:
    assert read(tmp_path, **SERVER, BUCKET_NAME="guides", BUCKET_PREFIX="live/").stores == {
        "default": Store(
            endpoint="s3.example.org", access_key="ours", secret_key="kX9vQm2LrT8wZ4nB", bucket="guides", prefix="live/"
        )
    }


def test_further_stores_have_names(tmp_path: Path) -> None:
    stores = read(tmp_path, **SERVER, BUCKET_STORES=f"{ARCHIVE}, near=http://a:bbbbbbbbbbbb@minio/files").stores
    assert list(stores) == ["default", "archive", "near"]
    assert stores["archive"] == Store(
        endpoint="s3.eu.example.org:9000",
        access_key="them",
        secret_key="s/cr@t-and-long",
        bucket="old-files",
        region="eu-west-1",
        prefix="a/b/",
    )
    assert not stores["near"].secure


@pytest.mark.parametrize(
    "text",
    [
        "https://a:b@c/d",
        "default=https://a:b@c/d",
        "Upper=https://a:b@c/d",
        "x=https://a:b@c/d x=https://a:b@c/d",
        "x=ftp://a:b@c/d",
        "x=https://c/d",
        "x=https://a:b@c",
        "x=https://a:b@c:99999/d",
        "x=https://a:b@c/d?colour=blue",
        "x=https://a:b@[c/d",
    ],
)
def test_stores_that_cannot_be_understood_are_refused_without_a_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsRefused, match="BUCKET_STORES") as refusal:
        read(tmp_path, BUCKET_STORES=text.replace("b@", "s3cr3t-in-it@"))
    assert "s3cr3t" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BUCKET_ENDPOINT", "https://s3.example.org"),
        ("BUCKET_ENDPOINT", "s3.example.org/bucket"),
        ("BUCKET_ENDPOINT", "user@s3.example.org"),
        ("BUCKET_NAME", "Upper_Case"),
        ("BUCKET_PREFIX", "no-slash"),
        ("BUCKET_PREFIX", "../"),
        ("BUCKET_PUBLIC_ENDPOINT", "files.example.org"),
        ("BUCKET_PUBLIC_ENDPOINT", "https://files.example.org/path"),
    ],
)
def test_what_no_server_has_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        read(tmp_path, **{**SERVER, name: value})


def test_an_endpoint_needs_an_account(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="BUCKET_SECRET_KEY"):
        read(tmp_path, BUCKET_ENDPOINT="s3.example.org", BUCKET_ACCESS_KEY="ours")


@pytest.mark.parametrize(
    ("name", "different"),
    [
        ("BUCKET_SECRET_KEY", {"BUCKET_SECRET_KEY": "minioadmin"}),
        ("BUCKET_SECRET_KEY", {"BUCKET_SECRET_KEY": "short"}),
        ("BUCKET_SECURE", {"BUCKET_SECURE": "off", "BUCKET_PUBLIC_ENDPOINT": "https://files.example.org"}),
        ("BUCKET_PUBLIC_ENDPOINT", {"BUCKET_SECURE": "off", "BUCKET_ENDPOINT": "minio:9000"}),
        ("BUCKET_PUBLIC_ENDPOINT", {"BUCKET_PUBLIC_ENDPOINT": "http://files.example.org"}),
        ("BUCKET_STORES: near_SECRET_KEY", {"BUCKET_STORES": "near=https://minio:minioadmin@s3.example.org/files"}),
    ],
)
def test_what_a_laptop_may_do_with_files_is_refused_elsewhere(
    tmp_path: Path, name: str, different: dict[str, str]
) -> None:
    read(tmp_path, **{**PUBLIC, **different, "ENVIRONMENT": "local"})
    with pytest.raises(SettingsRefused, match=name):
        read(tmp_path, **{**PUBLIC, **different})


def test_a_neighbour_in_a_network_of_containers_may_do_without_tls(tmp_path: Path) -> None:
    for public in ("https://files.example.org", "http://127.0.0.1:9000"):
        near = {"BUCKET_ENDPOINT": "minio:9000", "BUCKET_SECURE": "off", "BUCKET_PUBLIC_ENDPOINT": public}
        assert not read(tmp_path, **{**PUBLIC, **near}).bucket_secure


def test_secrets_of_stores_are_masked_everywhere(tmp_path: Path) -> None:
    settings = read(tmp_path, **SERVER, BUCKET_STORES=ARCHIVE)
    assert not {"kX9vQm2LrT8wZ4nB", "s%2Fcr%40t-and-long"} & set(str(settings.redacted()).split("'"))
    assert {"kX9vQm2LrT8wZ4nB", "s/cr@t-and-long"} <= set(log_rules(settings).secrets)


def test_nothing_is_no_store() -> None:
    assert parse("") == parse("  ") == {}
