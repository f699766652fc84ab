"""Where the rows are: a server's password never stands in its address, nor travels in the clear."""

from pathlib import Path

import pytest

from drawbridge.app.data_folder import database_file
from drawbridge.app.settings import Settings, read_settings
from drawbridge.core.errors import BadInput, Forbidden, NotFound
from drawbridge.storage.place import PostgresPlace
from drawbridge.wording.say import say_error

PASSWORD = "correct-horse-battery"
LOCAL = "postgresql://drawbridge@127.0.0.1:5432/drawbridge"


def given(url: str, **more: str) -> dict[str, str]:
    return {"DRAWBRIDGE_DATA": "/data", "DRAWBRIDGE_DATABASE": url, **more}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"postgresql://ada:{PASSWORD}@127.0.0.1/drawbridge", "database_password_in_url"),
        (f"postgresql://127.0.0.1/drawbridge?password={PASSWORD}", "database_password_in_url"),
        (f"postgresql://ada@localhost/x?passfile=/{PASSWORD}", "database_url_word"),
        ("postgresql://ada@localhost/x?hostaddr=192.0.2.1", "database_url_word"),
        ("mysql://ada@localhost/x", "database_bad_url"),
        ("postgresql://ada@localhost", "database_bad_url"),
        ("postgresql:///x", "database_bad_url"),
        ("postgresql://[::1/x", "database_bad_url"),
        ("postgresql://ada@localhost/x y", "database_bad_url"),
        ("postgresql://ada@db.internal/x", "database_needs_tls"),
        ("postgresql://ada@db.internal/x?sslmode=require", "database_needs_tls"),
        ("postgresql://ada@localhost,192.0.2.7/x", "database_needs_tls"),
        ("postgresql://ada@/x?host=db.internal", "database_needs_tls"),
        ("postgresql://ada@localhost/x?host=db.internal", "database_bad_url"),
        ("postgresql://ada@db.internal/x?host=/run/postgresql", "database_bad_url"),
        ("postgresql://ada@db.internal/x?sslmode=verify-full", "database_needs_authority"),
        (
            "postgresql://ada@db.internal/x?sslmode=verify-full&sslrootcert=system",
            "database_needs_authority",
        ),
    ],
)
def test_an_address_is_refused_that_is_not_whole_or_not_safe(url: str, code: str) -> None:
    with pytest.raises(BadInput, match=code) as refusal:
        read_settings(given(url))
    assert refusal.value.facts["field"] == "DRAWBRIDGE_DATABASE"
    assert PASSWORD not in say_error(refusal.value) + str(refusal.value)


def test_a_password_is_read_only_from_a_file_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "password"
    names = given(LOCAL, DRAWBRIDGE_DATABASE_PASSWORD_FILE=str(file))
    with pytest.raises(NotFound, match="key_file_missing"):
        read_settings(names)
    file.write_text(PASSWORD + "\n", encoding="ascii")
    file.chmod(0o640)
    with pytest.raises(Forbidden, match="key_file_exposed"):
        read_settings(names)
    file.chmod(0o600)
    settings = read_settings(names)
    place = settings.database
    assert isinstance(place, PostgresPlace)
    assert place.password is not None
    assert place.password.reveal() == PASSWORD
    assert PASSWORD not in repr(settings) + str(settings.environment())
    assert read_settings(settings.environment()) == settings


def test_an_empty_password_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\n")
    file.chmod(0o600)
    with pytest.raises(BadInput, match="database_password_unreadable"):
        read_settings(given(LOCAL, DRAWBRIDGE_DATABASE_PASSWORD_FILE=str(file)))


@pytest.mark.parametrize(
    "url",
    [
        LOCAL,
        "postgresql://ada@[::1]:5433/x",
        "postgresql://ada@%2Frun%2Fpostgresql/x",
        "postgresql://ada@/x?host=/run/postgresql",
        f"postgresql://ada@one.internal,two.internal/x?sslmode=verify-full&sslrootcert={__file__}&target_session_attrs=read-write",
    ],
)
def test_a_server_here_or_a_proven_one_is_a_cluster(url: str) -> None:
    settings = read_settings(given(url))
    assert settings.is_cluster
    assert settings.database == PostgresPlace(url)


def test_without_a_server_the_rows_are_a_file_of_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert not settings.is_cluster
    assert settings.database == database_file(settings) == tmp_path / "drawbridge.db"
