"""An operator, their licence server's desk, and installations that ask it without a network."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from drawbridge.core.clock import Clock, SteppedClock
from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import Scope
from drawbridge.licences.desk import Desk
from drawbridge.licences.documents import private_key_from
from drawbridge.licences.kept import KeptLicences
from drawbridge.licences.leasing import Here, Installation, Leasing
from drawbridge.licences.model import Account, Operator
from drawbridge.licences.office import Made, Office, OperatorKeys, Terms
from drawbridge.licences.service import Licences, Place
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.vault import store as vault_store
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing, Venue
from tests.kit.store import place_in

T = TypeVar("T")

NOW_MS = 1_790_000_000_000
OWNER = "owner_ann"
_SERVER = "https://licences.example"


class Dice:
    """Random bytes that are the same in every run."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        """Draw some."""
        self._drawn += 1
        return sha256(f"{self._seed} {self._drawn}".encode()).digest()[:count]


class ToldProver:
    """An exchange that accepts whatever is signed by one of these keys."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}

    async def prove(self, proof: Mapping[str, object]) -> Account:
        """Give whose key it is."""
        found = self.accounts.get(str(proof.get("key", "")))
        if found is None:
            raise Forbidden("licence_proof_refused", rule="licence", exchange="One", reason="no")
        return found


@dataclass
class Server:
    """An operator with a licence server; `is_away` lets nobody reach it."""

    office: Office
    desk: Desk
    keys: OperatorKeys
    database: Database
    prover: ToldProver
    is_away: bool = False
    loses_answers: bool = False
    asked: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def operator(self) -> Operator:
        """Give the operator as installations know it."""
        return Operator(self.keys.public, _SERVER, frozenset({Venue.LIVE}))

    async def issue(self, slots: int = 1, **terms: object) -> Made:
        """Issue a licence."""
        return await self.office.issue(replace(Terms("Ann", slots), **terms))  # type: ignore[arg-type]  # names and values come from the test


class Road:
    """The way of one installation to the server; `twist` changes what comes back."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.twist: Callable[[str], str] = str
        self.proof_key = ""
        self.proofs = 0

    async def ask(self, question: str) -> str:
        """Ask."""
        server = self._server
        if server.is_away:
            raise ExchangeDown("unreachable")
        server.asked.append(question)
        answer = await server.desk.answer(question)
        server.answers.append(answer)
        if server.loses_answers:
            raise ExchangeDown("answer_lost")
        return self.twist(answer)

    async def revocations(self) -> str:
        """Fetch the list."""
        if self._server.is_away:
            raise ExchangeDown("unreachable")
        return self.twist(await self._server.office.revocations())

    async def with_proof(
        self, key_id: str, send: Callable[[Mapping[str, object]], Awaitable[T]]
    ) -> T:
        """Sign with a key, or with another one if the test says so."""
        self.proofs += 1
        return await send({"key": self.proof_key or key_id, "n": self.proofs})


@dataclass
class Home:
    """An installation with one person."""

    database: Database
    clock: SteppedClock
    kept: KeptLicences
    licences: Licences
    leasing: Leasing
    road: Road
    installation: Installation
    seals: LocalKey

    async def step(self) -> None:
        """Let the gateway's process do its part."""
        await self.leasing.step()

    async def add(self, made: Made) -> None:
        """Enter a licence and let it be activated."""
        await self.licences.add(OWNER, made.document)
        await self.step()

    async def key(self, number: int, **changes: object) -> KeyRecord:
        """Add a key that can trade, as if its check had gone well."""
        key = KeyRecord(
            id=KeyId(f"key_{number}"),
            owner=OwnerId(OWNER),
            exchange="binance",
            venue=Venue.LIVE,
            label=f"Key {number}",
            public_key=f"public {number}",
            status=KeyStatus.UNVERIFIED,
            created_ms=NOW_MS + number,
        )
        key = replace(key, **changes)  # type: ignore[arg-type]  # names and values come from the test
        reads = key.status is KeyStatus.READ_ONLY
        status = KeyStatus.READ_ONLY if reads else KeyStatus.ENABLED
        scopes = {Scope.READ} if reads else {Scope.READ, Scope.TRADE_SPOT}
        standing = Standing(status, scopes=frozenset(scopes), account_hint=key.account_hint)
        async with self.database.transaction() as tx:
            await vault_store.insert_key(tx, key)
            await vault_store.write_standing(tx, key.id, standing, status=status)
        return await self.found(key.id)

    async def found(self, key_id: str) -> KeyRecord:
        """Read a key."""
        key = await vault_store.find_key(self.database, key_id)
        assert key is not None
        return key

    async def refusal(self, key: KeyRecord, origin: str = "robot:one") -> str:
        """Give what keeps a key from entering, empty when nothing does."""
        refused = await self.kept.refusal(await self.found(key.id), origin)
        return "" if refused is None else refused.code

    async def places(self) -> dict[str, Place]:
        """Tell how each key's account stands."""
        return {it.key.id: it.place for it in (await self.licences.show(OWNER)).keys}

    async def wish(self, number: int) -> str:
        """Let a wish be carried out, and give the code that it was refused with."""
        await self.step()
        wish = await self.licences.find_wish(OWNER, number)
        assert wish is not None
        assert wish.done_ms is not None
        return wish.code

    async def problem(self) -> str:
        """Give what went wrong when the server was last asked."""
        return (await self.licences.show(OWNER)).problem


def made(folder: Path) -> Path:
    """Give a folder that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@asynccontextmanager
async def open_server(folder: Path, clock: Clock, seed: str = "operator") -> AsyncIterator[Server]:
    """Open an operator's books."""
    dice = Dice(seed)
    keys = OperatorKeys(private_key_from(dice(32)), dice(32))
    database = await open_database(made(folder) / "licences.db", "licence_server")
    prover = ToldProver()
    try:
        office = Office(database, keys, clock, dice)
        yield Server(office, Desk(database, keys, clock, prover), keys, database, prover)
    finally:
        await database.close()


@asynccontextmanager
async def open_home(
    folder: Path, clock: SteppedClock, server: Server, name: str = "home"
) -> AsyncIterator[Home]:
    """Open an installation that knows this operator."""
    async with AsyncExitStack() as stack:
        database = await open_database(place_in(made(folder)), "app")
        stack.push_async_callback(database.close)
        async with database.transaction() as tx:
            sql = (
                "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
                " VALUES (?, 'Ann', 'ann', '', 0) ON CONFLICT DO NOTHING"
            )
            await tx.execute(sql, OWNER)
        seals, road = LocalKey.fresh(), Road(server)
        kept = KeptLicences(database, server.operator, clock)
        installation = Installation(private_key_from(Dice(name)(32)))
        here = Here(database, kept, clock, Dice(f"{name} dice"), seals)
        leasing = Leasing(here, server.operator, installation, road)
        licences = Licences(database, server.operator, clock, seals)
        yield Home(database, clock, kept, licences, leasing, road, installation, seals)
