"""Kraken's names of assets and pairs, both ways.

Old assets carry a letter in front (`XXBT`, `ZUSD`) and, two of them, a name of their own (`XBT`,
`XDG`). A pair has three names: its id (`XXBTZUSD`), its short name (`XBTUSD`, in the texts of
orders) and its name on streams (`XBT/USD`). All others are called what the field calls them.

Source: docs.kraken.com Assets and AssetPairs; `commonCurrencies` of ccxt 4.5.90.
"""

from collections.abc import Iterable
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.wire.codec import ServerView
from drawbridge.wire.text import encoded

# Ours to the asset's id.
_IDS: Final = {
    "AUD": "ZAUD",
    "BTC": "XXBT",
    "CAD": "ZCAD",
    "DOGE": "XXDG",
    "ETC": "XETC",
    "ETH": "XETH",
    "EUR": "ZEUR",
    "GBP": "ZGBP",
    "JPY": "ZJPY",
    "LTC": "XLTC",
    "MLN": "XMLN",
    "REP": "XREP",
    "USD": "ZUSD",
    "XLM": "XXLM",
    "XMR": "XXMR",
    "XRP": "XXRP",
    "ZEC": "XZEC",
}
# Ours to the name inside pairs, where it is neither ours nor the id without its first letter.
_ALTNAMES: Final = {"BTC": "XBT", "DOGE": "XDG"}

_OURS: Final = {
    **{altname: ours for ours, altname in _ALTNAMES.items()},
    **{asset_id: ours for ours, asset_id in _IDS.items()},
}
_FIAT: Final = frozenset(ours for ours, asset_id in _IDS.items() if asset_id.startswith("Z"))
_FIAT_PLACES: Final = 4
_COIN_PLACES: Final = 10


def asset_id(currency: str) -> str:
    """Give Kraken's id of our currency."""
    return _IDS.get(currency, currency)


def altname(currency: str) -> str:
    """Give the name that our currency has inside pairs."""
    return _ALTNAMES.get(currency, currency)


def currency_of(asset: str) -> str:
    """Give our name of an asset, whichever of Kraken's it came by."""
    return _OURS.get(asset, asset)


def places_shown(currency: str) -> int:
    """Give how many decimals balances of this currency are written with at least."""
    return _FIAT_PLACES if currency in _FIAT else _COIN_PLACES


def pair_altname(market: Market) -> str:
    """Give the short name of a pair, as the texts of orders have it."""
    return altname(market.base) + altname(market.quote)


def pair_wsname(market: Market) -> str:
    """Give the name of a pair on streams."""
    return f"{altname(market.base)}/{altname(market.quote)}"


def pairs_query(symbols: Iterable[str], markets: Markets) -> str:
    """Write the query that asks for these pairs, nothing for all of them."""
    ids = ",".join(markets.get(symbol).id for symbol in symbols)
    return f"pair={encoded(ids)}" if ids else ""


def symbols_asked(view: ServerView, pairs: str) -> tuple[str, ...]:
    """Read a list of pairs by any of their names. Raises: `NotFound("unknown_symbol")`."""
    return tuple(view.markets.get_by_id(pair).symbol for pair in pairs.split(",") if pair)


def symbol_asked(view: ServerView, pair: str) -> str:
    """Read one pair. Raises: `BadInput("missing_parameter")`, `NotFound("unknown_symbol")`."""
    if not pair:
        raise BadInput("missing_parameter", field="pair")
    return view.markets.get_by_id(pair).symbol
