"""What a database's place says of itself when it is printed."""

from drawbridge.core.secret import Secret
from drawbridge.storage.place import PostgresPlace


def test_a_server_prints_neither_its_url_nor_its_password() -> None:
    place = PostgresPlace("postgresql://somebody@db.internal/drawbridge", Secret("hunter2hunter2"))
    for text in (repr(place), str(place), f"{place}", f"{[place]!r}"):
        assert "db.internal" not in text
        assert "somebody" not in text
        assert "hunter2" not in text


def test_two_places_are_the_same_only_with_the_same_password() -> None:
    url = "postgresql:///drawbridge?host=/run/postgresql"
    assert PostgresPlace(url, Secret("one")) == PostgresPlace(url, Secret("one"))
    assert PostgresPlace(url, Secret("one")) != PostgresPlace(url, Secret("two"))
    assert PostgresPlace(url, Secret("one")) != PostgresPlace(url)
