"""Sockets to listen on: what cannot be, is told."""

import pytest

from drawbridge.app.listening import listen, port_of
from drawbridge.core.errors import BadInput, Conflict


def test_a_port_beyond_the_last_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        listen("127.0.0.1", 65_536)
    assert refused.value.code == "bad_port"


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        listen("192.0.2.1", 0)
    assert refused.value.code == "cannot_listen"


def test_a_port_that_is_taken_is_told_and_a_free_one_is_listened_on() -> None:
    with listen("127.0.0.1", 0) as listener:
        with pytest.raises(Conflict) as told:
            listen("127.0.0.1", port_of(listener))
        assert told.value.facts["port"] == port_of(listener)
