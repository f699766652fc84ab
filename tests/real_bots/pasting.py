"""A virtual key and the texts to paste that belong to it, as the page shows them.

Also what came of it: the orders that reached the paper exchange.
"""

from typing import Final

from drawbridge.catalogue.drawing import DrawnSecrets
from drawbridge.catalogue.registry import get_card
from drawbridge.core.orders import Order
from drawbridge.core.secret import Secret
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.recipes import Place, write_recipes
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.house import read_paper
from tests.kit.proxied import Proxied

TRADES: Final = ("read", "trade_spot")
READS: Final = ("read",)
PAIRS: Final = {"binance": "BTC/USDT", "kraken": "BTC/USD"}


def pasted(
    bridge: Proxied, exchange_id: str, scopes: tuple[str, ...], program: str
) -> tuple[VirtualKey, str]:
    """Make a virtual key in front of a paper account of its own; give a program's text."""
    pair = PAIRS[exchange_id]
    key = bridge.real_key(exchange_id, f"{program}-{'-'.join(scopes)}")
    made = bridge.virtual_key(key, Wish(scopes=scopes, pairs=(pair,), largest_order="500"))
    fields = made.fields
    drawn = DrawnSecrets(fields["api_key"], Secret(fields["api_secret"]))
    place = bridge.exchanges[exchange_id]
    at = Place(place["rest"], place["ws"])
    recipes = write_recipes(get_card(exchange_id), drawn, at, (pair,))
    text = next(it.text.reveal() for it in recipes if it.program == program)
    return made.virtual, text


def orders_of_bots(bridge: Proxied, exchange_id: str) -> dict[str, Order]:
    """Read the orders that the paper exchange has on disk, by its ids, but those of key checks."""

    async def ours() -> set[str]:
        sql = "SELECT client_order_id FROM orders WHERE origin LIKE 'check:%'"
        return {str(row["client_order_id"]) for row in await bridge.house.database.fetch_all(sql)}

    floor = bridge.runner.run(read_paper(bridge.town)).floors[exchange_id]
    orders = {name: state.told(()) for name, state in floor.by_id.items()}
    probes = bridge.runner.run(ours())
    return {name: order for name, order in orders.items() if order.client_id not in probes}
