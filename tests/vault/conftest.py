"""A vault over a database of its own: two people, a keyring, fields that look real."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.accounts.model import Owner
from drawbridge.accounts.service import Accounts
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import SteppedClock
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from tests.kit.store import place_in


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(1_790_000_000_000)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(place_in(tmp_path), "app")
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.create()


@pytest.fixture
def vault(database: Database, clock: SteppedClock, keyring: Keyring) -> Vault:
    async def public_key() -> VaultPublicKey:
        return keyring.public

    return Vault(database, clock, os.urandom, public_key)


@pytest.fixture
def opening(database: Database, clock: SteppedClock, keyring: Keyring) -> Opening:
    return Opening(database, clock, lambda: keyring)


@pytest.fixture
def accounts(database: Database, clock: SteppedClock) -> Accounts:
    return Accounts(database, AuditLog(clock), clock, os.urandom, LocalKey.fresh())


@pytest_asyncio.fixture
async def ann(accounts: Accounts) -> Owner:
    return await accounts.create_owner("Ann", Secret("walnut ferry 9 orbit"))


@pytest_asyncio.fixture
async def eve(accounts: Accounts) -> Owner:
    return await accounts.create_owner("Eve", Secret("walnut ferry 9 orbit"))
