"""A secret cannot print itself by any of the accidental ways (scenario 34)."""

import json
import logging
import pickle

import pytest

from drawbridge.core.secret import Secret, masked

PLANTED = "planted-secret-7f3a"


def test_no_way_of_printing_shows_the_text() -> None:
    secret = Secret(PLANTED)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", "%s" % secret, repr([secret])]  # noqa: UP031  The old way is one of the ways.
    assert all(PLANTED not in text for text in shown)


def test_a_log_line_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("key %s", Secret(PLANTED))
    assert PLANTED not in caplog.text


def test_it_can_be_neither_pickled_nor_written_as_json_nor_hashed() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(PLANTED))
    with pytest.raises(TypeError):
        json.dumps(Secret(PLANTED))
    with pytest.raises(TypeError):
        hash(Secret(PLANTED))


def test_equal_texts_are_equal_secrets_and_nothing_else_is() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_a_key_id_shows_its_ends_and_a_short_one_nothing() -> None:
    assert masked("ABCD0123456789WXYZ") == "ABCD…WXYZ"
    assert masked("short") == "…"
