"""What the founding documents ask for at each exchange, and what the guides ask for today.

The table is read off the pictures of the original page. Each switch stands the same way in the
generated guide, or the card says why today differs.
"""

import pytest

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.guide import Purpose, Wanted, wanted_of
from drawbridge.catalogue.registry import get_card

ON, OFF = Wanted.ON, Wanted.OFF

MINIMUM: dict[str, dict[str, Wanted]] = {
    "binance": {"Read Info": ON, "Enable Trading": ON, "Enable Withdrawals": OFF},
    "binance_futures": {
        "Read Only": ON,
        "Enable Trading": ON,
        "Enable Margin": ON,
        "Enable Future": ON,
        "Enable Withdrawals": OFF,
    },
    "bitfinex": {
        "Account Info": ON,
        "Account History": ON,
        "Orders": ON,
        "Margin Trading": ON,
        "Margin Funding": ON,
        "Wallets": ON,
        "Withdraw": OFF,
    },
    "bitmex": {"Order": ON, "Withdraw": OFF},
    "bittrex": {"READ INFO": ON, "TRADE": ON, "WITHDRAW": OFF},
    "cex": {
        "Account balance": ON,
        "Open orders": ON,
        "Place order": ON,
        "Cancel order": ON,
        "Open positions": OFF,
    },
    "coinbase_exchange": {"View": ON, "Trade": ON, "Transfer": OFF},
    "kraken": {
        "Query Funds": ON,
        "Query Open Orders & Trades": ON,
        "Query Closed Orders & Trades": ON,
        "Modify Orders": ON,
        "Cancel/Close Orders": ON,
        "Query Ledger Entries": ON,
        "Deposit Funds": OFF,
        "Withdraw Funds": OFF,
        "Export Data": OFF,
        "Access WebSockets API": OFF,
    },
    "kucoin": {"General": ON, "Trade": ON, "Transfer": OFF},
    "poloniex": {"Enable Trading": ON, "Enable Withdrawals": OFF},
}


def _rows() -> list[tuple[str, str, Wanted]]:
    return [
        (card, label, wanted) for card, rows in MINIMUM.items() for label, wanted in rows.items()
    ]


def _stands(card: Card, label: str) -> set[Wanted]:
    """How the switches stand that are called so, today or formerly."""
    asked = label.casefold()
    return {
        wanted_of(switch.need, Purpose.TRADING)
        for switch in card.permissions
        if asked in {switch.label.casefold(), switch.old_label.casefold()}
    }


@pytest.mark.parametrize(("exchange", "label", "wanted"), _rows())
def test_the_guide_asks_for_the_same_or_says_why_not(
    exchange: str, label: str, wanted: Wanted
) -> None:
    card = get_card(exchange)
    explained = any(label in difference.labels for difference in card.differences)
    assert explained or _stands(card, label) == {wanted}


def test_a_key_without_an_address_list_ends_where_the_page_says_so() -> None:
    assert get_card("huobi").expiry.without_ip_list_days == 90


@pytest.mark.parametrize("exchange", ["coinbase_exchange", "kucoin"])
def test_a_passphrase_is_asked_for(exchange: str) -> None:
    assert get_card(exchange).find_credential("passphrase") is not None


def test_the_way_to_a_key_of_the_exchange_that_is_gone_has_its_steps() -> None:
    """Settings, password and code, a list of withdrawal addresses, key and secret."""
    card = get_card("nash")
    assert card.key_page.menu_path == ("Settings", "API keys")
    assert {way.value for way in card.key_page.confirm} == {"password", "totp"}
    assert card.key_page.withdrawal_list
    assert card.unacceptable
