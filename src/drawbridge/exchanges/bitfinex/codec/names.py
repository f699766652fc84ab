"""Bitfinex's names: currencies of three or more letters, pairs with or without a colon.

A pair of two codes of three letters is written without anything in between, any other with a
colon; as a market it has a `t` before it.
"""

from typing import Final

_CODES: Final = {"UST": "USDT", "UDC": "USDC"}
_IDS: Final = {code: name for name, code in _CODES.items()}
_LETTERS: Final = 3
_MARKET: Final = "t"

# Networks by the exchange's names, of the currencies that the paper exchange knows.
NETWORKS: Final = {
    "BTC": "BITCOIN",
    "ETH": "ETHEREUM",
    "XRP": "RIPPLE",
    "SOL": "SOLANA",
    "DOGE": "DOGECOIN",
    "UST": "TETHERUSE",
    "UDC": "UDC",
}
# How the exchange writes a code for people where it is not the code itself.
SHOWN: Final = {"UST": "USDt", "UDC": "USDC"}


def currency_of(name: str) -> str:
    """Give our code of a currency."""
    return _CODES.get(name, name)


def currency_id(code: str) -> str:
    """Give the exchange's name of a currency."""
    return _IDS.get(code, code)


def pair_of(market_id: str) -> str:
    """Give the pair of a market id: without the letter before it."""
    return market_id.removeprefix(_MARKET)


def market_id(pair: str) -> str:
    """Give the market id of a pair."""
    return _MARKET + pair


def currencies_of(pair: str) -> tuple[str, str]:
    """Give our codes of a pair's base and quote."""
    base, colon, quote = pair.partition(":")
    if not colon:
        base, quote = pair[:_LETTERS], pair[_LETTERS:]
    return currency_of(base), currency_of(quote)
