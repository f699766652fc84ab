"""Values that only the type checker freezes behave as frozen ones do in everything else."""

from dataclasses import dataclass, replace

import pytest

from drawbridge.core.values import light_value


@light_value
class _Light:
    amount: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Frozen:
    amount: int
    name: str = ""


def test_a_light_value_takes_nothing_that_was_not_declared() -> None:
    """A misspelt name must not become a new place to put things."""
    with pytest.raises(AttributeError):
        setattr(_Light(1), "amuont", 2)  # noqa: B010  The type checker would refuse it written out.


def test_light_values_are_equal_by_what_they_hold_and_by_kind() -> None:
    """As frozen ones are; a tuple of the same things is not equal to them."""
    assert _Light(1, "a") != _Light(2, "a")
    like: object = (1, "a")
    assert _Light(1, "a") != like
    assert _Light(1, "a") == _Light(1, "a")


def test_light_values_can_be_kept_in_sets_and_hash_as_frozen_ones() -> None:
    """Equal values are one member."""
    assert len({_Light(1), _Light(1), _Light(2)}) == 2
    assert hash(_Light(1, "a")) == hash(_Frozen(1, "a"))


def test_a_light_value_is_replaced_and_not_changed() -> None:
    """`replace` gives another one."""
    before = _Light(1, "a")
    assert replace(before, amount=2) == _Light(2, "a")
    assert before == _Light(1, "a")
