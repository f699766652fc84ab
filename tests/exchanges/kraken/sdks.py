"""python-kraken-sdk, the Python SDK that knows all of Kraken."""

from tests.real_clients.sdk_run import At, load


def _python_kraken_sdk(at: At) -> None:
    key, secret = at.key["api_key"], at.key["api_secret"]
    user = load("kraken.spot").User(key=key, secret=secret, url=at.rest)
    trade = load("kraken.spot").Trade(key=key, secret=secret, url=at.rest)
    assert float(user.get_account_balance()["ZUSD"]) > 0
    placed = trade.request(
        "POST",
        "/0/private/AddOrder",
        params={
            "pair": "XBTUSD",
            "type": "buy",
            "ordertype": "limit",
            "volume": "0.01",
            "price": at.price,
        },
    )
    (number,) = placed["txid"]
    assert number in user.get_open_orders()["open"]
    assert trade.cancel_order(txid=number)["count"] == 1
    assert user.get_orders_info(txid=number)[number]["status"] == "canceled"


SDKS = {"python-kraken-sdk": _python_kraken_sdk}
