"""Tokens of ours: bound to a virtual key, exchange and venue; bounded in number and in time."""

import os

import pytest

from drawbridge.core.errors import NotProven
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import GetStreamToken
from drawbridge.gateway.bot_streams.tokens import BotTokens
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.model import VirtualKey, VirtualKeyId

DRAW = GetStreamToken(lasts_ms=1_000)


def virtual(name: str, exchange: str = "kraken", venue: Venue = Venue.PAPER) -> VirtualKey:
    return VirtualKey(
        id=VirtualKeyId(name),
        owner=OwnerId("owner"),
        key_id=KeyId("key"),
        exchange=exchange,
        venue=venue,
        label="",
        public=f"public of {name}",
        restrictions=(),
        created_ms=0,
    )


ADA, BOB = virtual("ada"), virtual("bob")


@pytest.fixture
def tokens() -> BotTokens:
    return BotTokens(os.urandom)


def test_a_token_stands_for_the_key_that_drew_it_and_for_so_long(tokens: BotTokens) -> None:
    drawn = tokens.carry_out(ADA, DRAW, 0)
    assert tokens.get("kraken", "paper", drawn.token, 999) is ADA
    with pytest.raises(NotProven):
        tokens.get("kraken", "paper", drawn.token, 1_000)


@pytest.mark.parametrize(("exchange", "venue"), [("binance", "paper"), ("kraken", "live")])
def test_it_is_good_for_nothing_elsewhere(tokens: BotTokens, exchange: str, venue: str) -> None:
    drawn = tokens.carry_out(ADA, DRAW, 0)
    with pytest.raises(NotProven):
        tokens.get(exchange, venue, drawn.token, 0)


def test_nobody_keeps_or_ends_the_token_of_somebody_else(tokens: BotTokens) -> None:
    drawn = tokens.carry_out(ADA, DRAW, 0).token
    for wanted in (GetStreamToken(drawn), GetStreamToken(drawn, ends=True)):
        with pytest.raises(NotProven, match="bad_stream_token"):
            tokens.carry_out(BOB, wanted, 0)
    assert tokens.get("kraken", "paper", drawn, 0) is ADA


def test_one_lives_on_when_asked_for_and_ends_when_told(tokens: BotTokens) -> None:
    drawn = tokens.carry_out(ADA, DRAW, 0).token
    tokens.carry_out(ADA, GetStreamToken(drawn, lasts_ms=1_000), 900)
    assert tokens.get("kraken", "paper", drawn, 1_800) is ADA
    tokens.carry_out(ADA, GetStreamToken(drawn, ends=True), 1_800)
    with pytest.raises(NotProven):
        tokens.get("kraken", "paper", drawn, 1_800)


def test_where_a_key_has_one_token_it_is_given_again(tokens: BotTokens) -> None:
    single = GetStreamToken(single=True)
    assert tokens.carry_out(ADA, single, 0).token == tokens.carry_out(ADA, single, 1).token
    assert tokens.carry_out(BOB, single, 0).token != tokens.carry_out(ADA, single, 1).token


def test_who_draws_many_loses_the_first_and_nobody_elses(tokens: BotTokens) -> None:
    theirs = tokens.carry_out(BOB, DRAW, 0).token
    drawn = [tokens.carry_out(ADA, DRAW, 0).token for _ in range(17)]
    with pytest.raises(NotProven):
        tokens.get("kraken", "paper", drawn[0], 0)
    assert tokens.get("kraken", "paper", drawn[1], 0) is ADA
    assert tokens.get("kraken", "paper", theirs, 0) is BOB
