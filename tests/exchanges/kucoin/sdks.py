"""KuCoin's own SDK."""

from typing import Any

from tests.real_clients.sdk_run import At, load


def _service(at: At) -> Any:  # noqa: ANN401  the SDK is published without types
    model = load("kucoin_universal_sdk.model")
    options = (
        model.ClientOptionBuilder()
        .set_key(at.key["api_key"])
        .set_secret(at.key["api_secret"])
        .set_passphrase(at.key["passphrase"])
        .set_spot_endpoint(at.rest)
        .set_futures_endpoint(at.rest)
        .set_broker_endpoint(at.rest)
        .set_transport_option(model.TransportOptionBuilder().build())
        .build()
    )
    return load("kucoin_universal_sdk.api").DefaultClient(options).rest_service()


def _kucoin_universal_sdk(at: At) -> None:
    service = _service(at)
    accounts = service.get_account_service().get_account_api()
    wanted = load("kucoin_universal_sdk.generate.account.account")
    listed = accounts.get_spot_account_list(
        wanted.GetSpotAccountListReqBuilder()
        .set_currency("USDT")
        .set_type(wanted.GetSpotAccountListReq.TypeEnum.TRADE)
        .build()
    )
    assert float(listed.data[0].available) > 0
    orders, asked = service.get_spot_service().get_order_api(), _orders()
    placed = orders.add_order(
        asked.AddOrderReqBuilder()
        .set_client_oid("drawbridge-1")
        .set_symbol("BTC-USDT")
        .set_side("buy")
        .set_type("limit")
        .set_size("0.01")
        .set_price(at.price)
        .build()
    )
    waiting = orders.get_open_orders(asked.GetOpenOrdersReqBuilder().set_symbol("BTC-USDT").build())
    assert [row.id for row in waiting.data] == [placed.order_id]
    orders.cancel_order_by_order_id(
        asked.CancelOrderByOrderIdReqBuilder()
        .set_order_id(placed.order_id)
        .set_symbol("BTC-USDT")
        .build()
    )
    waiting = orders.get_open_orders(asked.GetOpenOrdersReqBuilder().set_symbol("BTC-USDT").build())
    assert not waiting.data


def _orders() -> Any:  # noqa: ANN401  the SDK is published without types
    return load("kucoin_universal_sdk.generate.spot.order")


SDKS = {"kucoin-universal-sdk": _kucoin_universal_sdk}
