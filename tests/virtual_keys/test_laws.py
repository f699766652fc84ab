"""What holds for all virtual keys and all requests."""

import inspect
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.operations import FORBIDDEN_SCOPES, Scope
from drawbridge.virtual_keys import amounts, restrictions
from drawbridge.virtual_keys.asked import Act, Asked
from drawbridge.virtual_keys.model import judge
from drawbridge.virtual_keys.restrictions import Scopes, Unknown
from drawbridge.virtual_keys.written import decode_restrictions, encode_restrictions
from tests.virtual_keys import samples

ALL = Scopes(frozenset(Scope))
several = st.lists(samples.restrictions, max_size=5)


@given(samples.requests(), several, several)
@settings(max_examples=600)
def test_narrowing_never_widens(
    asked: Asked, wider: list[restrictions.Restriction], more: list[restrictions.Restriction]
) -> None:
    """What passes a narrowed key passed the wider one, and what that refused is refused still."""
    wide = samples.a_key(ALL, *wider)
    narrow = samples.a_key(ALL, *wider, *more)
    if judge(narrow, asked) is None:
        assert judge(wide, asked) is None


@given(samples.requests(), several)
@settings(max_examples=400)
def test_no_restriction_and_no_lack_of_one_lets_value_out(
    asked: Asked, given_to: list[restrictions.Restriction]
) -> None:
    """Scenario 80: nothing can allow withdrawals, transfers or the making of keys."""
    for scope in FORBIDDEN_SCOPES | {Scope.OTHER}:
        refused = judge(samples.a_key(ALL, *given_to), replace(asked, scope=scope))
        assert refused is not None
        assert refused.code == "scope_never_allowed"


@given(samples.requests(), several)
def test_a_key_without_scopes_does_nothing(
    asked: Asked, given_to: list[restrictions.Restriction]
) -> None:
    bare = [it for it in given_to if not isinstance(it, Scopes)]
    assert judge(samples.a_key(*bare), asked) is not None


@given(samples.requests(), st.integers(13, 10**9))
def test_a_number_that_nobody_knows_refuses_everything(asked: Asked, number: int) -> None:
    read = decode_restrictions(f'[{{"number":1,"allowed":["read"]}},{{"number":{number},"x":1}}]')
    assert read[1] == Unknown(number, f'{{"number":{number},"x":1}}')
    assert judge(samples.a_key(*read), asked) is not None


@given(
    samples.requests(),
    st.sampled_from(
        (
            '{"x":1}',
            "7",
            "",
            "[7]",
            '[{"number":"1"}]',
            '[{"number":5,"most":{"USDT":"much"}}]',
            '[{"number":1,"allowed":["fly"]}]',
            "[null]",
            '[{"number":9,"networks":["nowhere"]}]',
            '[{"number":11}]',
            '[{"number":12,"per_second":[]}]',
        )
    ),
)
def test_what_cannot_be_read_refuses_everything(asked: Asked, text: str) -> None:
    assert judge(samples.a_key(ALL, *decode_restrictions(text)), asked) is not None


@given(several)
def test_restrictions_come_back_from_the_disk_as_they_were(
    given_to: list[restrictions.Restriction],
) -> None:
    assert decode_restrictions(encode_restrictions(tuple(given_to))) == tuple(given_to)


@given(samples.requests())
def test_what_changes_something_and_cannot_be_read_never_passes(asked: Asked) -> None:
    if asked.act in {Act.CHANGE, Act.TOKEN}:
        assert judge(samples.a_key(ALL), asked) is not None


@given(samples.requests(), samples.prices)
def test_an_order_never_trades_for_more_than_it_was_counted_as(
    asked: Asked, price: Decimal
) -> None:
    """A buyer pays the price named or less, a seller gets what is bid at most."""
    order, notional = asked.order, asked.notional
    if order is None or notional is None or order.quantity is None or order.quote_quantity:
        return
    if order.price is not None and asked.last is not None:
        trades_at = min(order.price, price) if order.side == "buy" else order.price
        assert notional >= order.quantity * trades_at


def test_every_restriction_has_a_number_of_its_own() -> None:
    found = {
        number: kind.__name__
        for module in (restrictions, amounts)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if isinstance(number := getattr(kind, "number", None), int)
    }
    # A number stands for the same thing for ever: what is here may only be added to.
    assert found == {
        1: "Scopes",
        2: "Pairs",
        3: "Sides",
        4: "OrderTypes",
        5: "LargestOrder",
        6: "OpenExposure",
        7: "DayTurnover",
        8: "Collar",
        9: "Addresses",
        10: "Hours",
        11: "Expiry",
        12: "Rate",
    }
