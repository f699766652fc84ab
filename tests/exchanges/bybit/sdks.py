"""Bybit's own SDK."""

from tests.real_clients.sdk_run import At, load


def _pybit(at: At) -> None:
    client = load("pybit.unified_trading").HTTP(
        api_key=at.key["api_key"], api_secret=at.key["api_secret"]
    )
    client.endpoint = at.rest
    (wallet,) = client.get_wallet_balance(accountType="UNIFIED")["result"]["list"]
    assert float({row["coin"]: row for row in wallet["coin"]}["USDT"]["walletBalance"]) > 0
    placed = client.place_order(
        category="spot",
        symbol="BTCUSDT",
        side="Buy",
        orderType="Limit",
        qty="0.01",
        price=at.price,
    )["result"]
    waiting = client.get_open_orders(category="spot", symbol="BTCUSDT")["result"]["list"]
    assert [row["orderId"] for row in waiting] == [placed["orderId"]]
    client.cancel_order(category="spot", symbol="BTCUSDT", orderId=placed["orderId"])
    waiting = client.get_open_orders(category="spot", symbol="BTCUSDT", openOnly=0)
    assert placed["orderId"] not in {
        row["orderId"] for row in waiting["result"]["list"] if row["orderStatus"] == "New"
    }


SDKS = {"pybit": _pybit}
