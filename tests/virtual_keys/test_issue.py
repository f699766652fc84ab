"""Virtual keys in every exchange's own format, and what is kept of them."""

from random import Random

import pytest

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import check_fields, exchange_ids, get_card, get_exchange
from drawbridge.core.errors import BadInput, Corrupted, Forbidden, NotProven
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import seal
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.issue import MATERIAL, PASSPHRASE, binding_of, issue
from drawbridge.virtual_keys.opening import VirtualOpening
from drawbridge.wire.dialect import Claim
from tests.virtual_keys.test_book import a_virtual_key

CARRIED = [it for it in exchange_ids() if get_card(it).level >= Level.TRADED]


@pytest.mark.parametrize("exchange_id", CARRIED)
def test_what_a_bot_gets_is_a_key_of_that_exchange_and_never_looks_like_a_number(
    exchange_id: str,
) -> None:
    """Scenario 77: key and secret in the exchange's own format."""
    exchange = get_exchange(exchange_id)
    for seed in range(20):
        issued = issue(exchange, Random(seed).randbytes)
        fields = {"api_key": issued.drawn.api_key, "api_secret": issued.drawn.api_secret.reveal()}
        if issued.drawn.passphrase is not None:
            fields["passphrase"] = issued.drawn.passphrase.reveal()
        check_fields(exchange.card, fields)
        for text in fields.values():
            assert text[0].isalpha() or text.startswith("-----BEGIN ")


@pytest.mark.parametrize("exchange_id", CARRIED)
def test_what_is_kept_checks_what_the_bot_signs(exchange_id: str) -> None:
    exchange = get_exchange(exchange_id)
    issued = issue(exchange, Random(1).randbytes)
    payload = b"GET\n%s\n/v1/orders\nsymbol=BTCUSDT" % exchange.card.hosts[0].encode()
    signature = exchange.keys.signer(issued.drawn.api_secret).sign(payload)
    verifier = exchange.keys.verifier(issued.kept[MATERIAL])
    verifier.verify(payload, signature)
    with pytest.raises(NotProven):
        verifier.verify(payload + b"0", signature)


def test_of_a_pair_the_half_that_signs_is_not_kept() -> None:
    issued = issue(get_exchange("coinbase"), Random(1).randbytes)
    assert "PRIVATE" not in issued.kept[MATERIAL].reveal()
    with pytest.raises(BadInput):
        get_exchange("coinbase").keys.signer(issued.kept[MATERIAL]).sign(b"payload")


def test_dice_that_always_show_the_same_draw_no_key() -> None:
    with pytest.raises(RuntimeError):
        issue(get_exchange("gate"), bytes)


async def test_the_gateway_opens_what_was_sealed_for_this_virtual_key_alone(
    database: Database, key: KeyRecord, keyring: Keyring
) -> None:
    first, second = a_virtual_key(key, 1), a_virtual_key(key, 2)
    sealed = seal(keyring.public, Secret("s" * 64), binding_of(first, MATERIAL))
    async with database.transaction() as tx:
        await store.insert(tx, first, {MATERIAL: sealed})
        await store.insert(tx, second, {MATERIAL: sealed})
    opening = VirtualOpening(database, lambda: keyring)
    assert opening.find(first) is None
    proofs = await opening.get(first)
    assert opening.find(first) is proofs
    assert "s" * 64 not in repr(proofs)
    with pytest.raises(Corrupted):
        await opening.get(second)
    opening.lock()
    assert opening.find(first) is None


async def test_a_locked_vault_lets_nobody_in_whom_it_let_in_before(
    database: Database, key: KeyRecord, keyring: Keyring
) -> None:
    rings = [keyring]

    def ring() -> Keyring:
        if not rings:
            raise Forbidden("vault_locked", rule="vault")
        return rings[0]

    virtual = a_virtual_key(key)
    sealed = seal(keyring.public, Secret("s" * 64), binding_of(virtual, MATERIAL))
    async with database.transaction() as tx:
        await store.insert(tx, virtual, {MATERIAL: sealed})
    opening = VirtualOpening(database, ring)
    await opening.get(virtual)
    rings.clear()
    with pytest.raises(Forbidden):
        opening.find(virtual)
    with pytest.raises(Forbidden):
        await opening.get(virtual)


async def test_one_that_is_revoked_opens_nothing(
    database: Database, key: KeyRecord, keyring: Keyring
) -> None:
    virtual = a_virtual_key(key)
    sealed = seal(keyring.public, Secret("s" * 64), binding_of(virtual, MATERIAL))
    async with database.transaction() as tx:
        await store.insert(tx, virtual, {MATERIAL: sealed})
        await store.write_revoked(tx, virtual.id, 7)
    with pytest.raises(NotProven):
        await VirtualOpening(database, lambda: keyring).get(virtual)


async def test_a_passphrase_is_asked_for_where_the_key_has_one(
    database: Database, key: KeyRecord, keyring: Keyring
) -> None:
    virtual = a_virtual_key(key)
    sealed = {
        field: seal(keyring.public, Secret(text), binding_of(virtual, field))
        for field, text in {MATERIAL: "s" * 64, PASSPHRASE: "open sesame"}.items()
    }
    async with database.transaction() as tx:
        await store.insert(tx, virtual, sealed)
    proofs = await VirtualOpening(database, lambda: keyring).get(virtual)
    signature = get_exchange("binance").keys.signer(Secret("s" * 64)).sign(b"x")
    proofs.check(Claim("a1", "1", signature, passphrase="open sesame"), b"x")
    for wrong in ("open sesam", "", None):
        with pytest.raises(NotProven):
            proofs.check(Claim("a1", "1", signature, passphrase=wrong), b"x")
