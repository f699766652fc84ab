"""Gate's own SDK."""

from tests.real_clients.sdk_run import At, load


def _gate_api(at: At) -> None:
    sdk = load("gate_api")
    configuration = sdk.Configuration(
        host=f"{at.rest}/api/v4", key=at.key["api_key"], secret=at.key["api_secret"]
    )
    spot = sdk.SpotApi(sdk.ApiClient(configuration))
    (balance,) = spot.list_spot_accounts(currency="USDT")
    assert float(balance.available) > 0
    placed = spot.create_order(
        sdk.Order(currency_pair="BTC_USDT", side="buy", amount="0.01", price=at.price)
    )
    waiting = spot.list_orders(currency_pair="BTC_USDT", status="open")
    assert [row.id for row in waiting] == [placed.id]
    assert spot.cancel_order(placed.id, currency_pair="BTC_USDT").status == "cancelled"
    assert spot.get_order(placed.id, currency_pair="BTC_USDT").status == "cancelled"


SDKS = {"gate-api": _gate_api}
