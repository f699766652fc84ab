"""Binance's own SDK, and the one that most Python programs use."""

from tests.real_clients.sdk_run import At, load


def _binance_sdk_spot(at: At) -> None:
    configuration = load("binance_common.configuration").ConfigurationRestAPI(
        api_key=at.key["api_key"], api_secret=at.key["api_secret"], base_path=at.rest
    )
    api = load("binance_sdk_spot.spot").Spot(config_rest_api=configuration).rest_api
    balances = {row.asset: float(row.free) for row in api.get_account().data().balances}
    assert balances["USDT"] > 0
    placed = api.new_order(
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        time_in_force="GTC",
        quantity=0.01,
        price=float(at.price),
    ).data()
    waiting = api.get_open_orders(symbol="BTCUSDT").data()
    assert [row.order_id for row in waiting] == [placed.order_id]
    api.delete_order(symbol="BTCUSDT", order_id=placed.order_id)
    ended = api.get_order(symbol="BTCUSDT", order_id=placed.order_id).data()
    assert ended.status == "CANCELED"


def _python_binance(at: At) -> None:
    client = load("binance").Client(at.key["api_key"], at.key["api_secret"], ping=False)
    client.API_URL = f"{at.rest}/api"
    assert float(client.get_asset_balance("USDT")["free"]) > 0
    placed = client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price=at.price)
    waiting = client.get_open_orders(symbol="BTCUSDT")
    assert [row["orderId"] for row in waiting] == [placed["orderId"]]
    client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])
    ended = client.get_order(symbol="BTCUSDT", orderId=placed["orderId"])
    assert ended["status"] == "CANCELED"


SDKS = {"binance-sdk-spot": _binance_sdk_spot, "python-binance": _python_binance}
