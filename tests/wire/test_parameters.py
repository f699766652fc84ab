"""Parameters by name: what is missing or wrong is refused with its name."""

from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.wire.parameters import Parameters, read_json, read_query


def test_what_is_missing_or_wrong_is_named() -> None:
    found = read_json(b'{"side":"up","size":"-1","limit":-3,"list":[1],"flag":"maybe"}')
    for read in (
        lambda: found.need("symbol"),
        lambda: found.need_amount("size"),
        lambda: found.whole("limit"),
        lambda: found.text("list"),
        lambda: found.flag("flag"),
        lambda: found.choice("side", {"buy": 1}),
        lambda: found.choice("other", {"buy": 1}),
        lambda: found.refuse_others(frozenset({"side"})),
    ):
        with pytest.raises(BadInput) as refusal:
            read()
        assert refusal.value.facts["field"]


def test_a_body_that_is_no_object_is_refused() -> None:
    for body in (b"[]", b"{", b"1"):
        with pytest.raises(BadInput):
            read_json(body)


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="duplicate_parameter"):
        read_query(b"a=1&a=2")


def test_values_are_read_from_query_and_document_alike() -> None:
    written = (read_query(b"size=1.50&limit=3&post=true&side=buy"),)
    for found in (*written, read_json(b'{"size":1.50,"limit":3,"post":true,"side":"buy"}')):
        assert found.need_amount("size") == Decimal("1.50")
        assert found.whole("limit") == 3
        assert found.flag("post") is True
        assert found.choice("side", {"buy": "b"}) == "b"
        assert (found.text("none"), found.whole("none"), found.flag("none")) == ("", None, False)
        assert "none" not in found


def test_a_parameter_without_a_value_is_as_good_as_missing() -> None:
    found = Parameters({"a": None, "b": ""})
    found.refuse_others(frozenset())
    assert found.choice("a", {"x": 1}, "x") == 1
    assert read_json(b"").names() == frozenset()
