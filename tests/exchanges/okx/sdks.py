"""OKX's own SDK."""

from tests.real_clients.sdk_run import At, load


def _python_okx(at: At) -> None:
    key = (at.key["api_key"], at.key["api_secret"], at.key["passphrase"], False, "0", at.rest)
    account, trade = load("okx.Account").AccountAPI(*key), load("okx.Trade").TradeAPI(*key)
    (told,) = account.get_account_balance()["data"]
    assert float({row["ccy"]: row for row in told["details"]}["USDT"]["availBal"]) > 0
    (placed,) = trade.place_order("BTC-USDT", "cash", "buy", "limit", "0.01", px=at.price)["data"]
    assert placed["sCode"] == "0", placed
    waiting = trade.get_order_list(instId="BTC-USDT")["data"]
    assert [row["ordId"] for row in waiting] == [placed["ordId"]]
    (cancelled,) = trade.cancel_order("BTC-USDT", ordId=placed["ordId"])["data"]
    assert cancelled["sCode"] == "0", cancelled
    (ended,) = trade.get_order("BTC-USDT", ordId=placed["ordId"])["data"]
    assert ended["state"] == "canceled"


SDKS = {"python-okx": _python_okx}
