"""Making paper keys as on a real exchange's page (scenario 88)."""

import base64
import re
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card, get_exchange
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.operations import Scope
from drawbridge.paper.accounts import KeyWish, draw_key, switches_for
from tests.paper.small import ALPHA, BETA, START_MS


def _entropy() -> Callable[[int], bytes]:
    """Give bytes that look random and are the same in every run."""
    state = bytearray(b"seed")

    def draw(size: int) -> bytes:
        drawn = b""
        while len(drawn) < size:
            state[:] = base64.b85encode(bytes(reversed(state)))[:64]
            drawn += bytes((byte * 37 + len(drawn)) % 256 for byte in state)
        return drawn[:size]

    return draw


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        (KeyWish("alpha", label="x" * 61), "label", "bad_label"),
        (KeyWish("alpha", label="a\nb"), "label", "bad_label"),
        (KeyWish("alpha", switches=frozenset({"fly"})), "switches", "no_such_switch"),
        (KeyWish("alpha", ip_list=("300.1.1.1",)), "ip_list", "bad_address"),
        (KeyWish("alpha", ip_list=("x" * 10_000,)), "ip_list", "bad_address"),
        (KeyWish("alpha", ip_list=("10.0.0.1",) * 4), "ip_list", "too_many_addresses"),
        (KeyWish("alpha", switches=frozenset({"send"})), "ip_list", "ip_list_needed"),
        (KeyWish("alpha", expires_ms=START_MS), "expires", "expiry_in_the_past"),
    ],
)
def test_a_wish_that_cannot_be_granted_names_its_field(
    wish: KeyWish, field: str, code: str
) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        draw_key(ALPHA, wish, _entropy(), START_MS)
    assert caught.value.facts["field"] == field


def test_where_only_addresses_are_taken_a_network_is_refused() -> None:
    with pytest.raises(BadInput, match="no_networks"):
        draw_key(BETA, KeyWish("beta", ip_list=("10.0.0.0/8",)), _entropy(), START_MS)
    drawn = draw_key(ALPHA, KeyWish("alpha", ip_list=(" 10.0.0.0/8 ", "")), _entropy(), START_MS)
    assert drawn.ip_list == (ip_network("10.0.0.0/8"),)


def test_a_private_key_pasted_by_mistake_is_not_stored() -> None:
    private = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    wish = KeyWish("alpha", public_key=private.decode())
    with pytest.raises(BadInput, match="bad_public_key") as caught:
        draw_key(ALPHA, wish, _entropy(), START_MS)
    assert private.decode() not in str(caught.value)
    with pytest.raises(BadInput, match="public_key_not_taken"):
        draw_key(BETA, KeyWish("beta", public_key="-----BEGIN PUBLIC KEY"), _entropy(), START_MS)


def test_keys_look_as_the_card_says() -> None:
    alpha = draw_key(ALPHA, KeyWish("alpha"), _entropy(), START_MS).shown
    assert re.fullmatch(r"[A-Za-z0-9]{20}", alpha.api_key)
    assert alpha.api_secret is not None
    assert re.fullmatch(r"[A-Za-z0-9]{40}", alpha.api_secret.reveal())
    assert alpha.passphrase is None
    beta = draw_key(BETA, KeyWish("beta"), _entropy(), START_MS).shown
    assert beta.api_secret is not None
    assert len(beta.api_secret.reveal()) == 40
    base64.b64decode(beta.api_secret.reveal(), validate=True)
    assert beta.passphrase is not None


@pytest.mark.parametrize(
    "exchange_id", [it for it in exchange_ids() if get_card(it).level >= Level.PAPERED]
)
def test_keys_of_every_exchange_have_the_format_that_its_card_asks_for(exchange_id: str) -> None:
    exchange = get_exchange(exchange_id)
    shown = draw_key(exchange, KeyWish(exchange_id), _entropy(), START_MS).shown
    for name, text in (("api_key", shown.api_key), ("api_secret", shown.api_secret)):
        field = exchange.card.find_credential(name)
        assert field is not None
        assert text is not None
        told = text if isinstance(text, str) else text.reveal()
        assert re.fullmatch(field.format, told), name


def test_a_key_without_addresses_expires_where_the_exchange_has_such_a_rule() -> None:
    """Scenario 18."""
    trading = frozenset({"trade"})
    bare = draw_key(BETA, KeyWish("beta", switches=trading), _entropy(), START_MS)
    assert bare.expires_ms == START_MS + 30 * DAY_MS
    bound = KeyWish("beta", switches=trading, ip_list=("10.0.0.1",))
    assert draw_key(BETA, bound, _entropy(), START_MS).expires_ms is None
    reading = KeyWish("beta", switches=frozenset({"look"}))
    assert draw_key(BETA, reading, _entropy(), START_MS).expires_ms is None
    chosen = KeyWish("beta", switches=trading, expires_ms=START_MS + 1)
    assert draw_key(BETA, chosen, _entropy(), START_MS).expires_ms == START_MS + 1


def test_switches_are_chosen_for_scopes() -> None:
    card = ALPHA.card
    assert switches_for(card, frozenset({Scope.READ})) == {"look"}
    assert switches_for(card, frozenset({Scope.READ, Scope.TRADE_SPOT})) == {"look", "trade"}
    # The exchange has one switch for both and gives neither alone.
    assert switches_for(card, frozenset({Scope.WITHDRAW})) == {"send"}
    with pytest.raises(BadInput, match="scope_not_offered"):
        switches_for(card, frozenset({Scope.TRADE_MARGIN}))
