"""Who may ask what: the checks that a real exchange makes before it reads an order.

In the order of a real exchange: is there such an endpoint, is the sender within its limits, is
the key known, may it be used from here, is the stamp fresh, is the signature right, does the key
have the right. What the request then does is not decided here.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import TypeVar

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import ExchangeDown, Forbidden, NotProven
from drawbridge.core.operations import Scope
from drawbridge.core.values import light_value
from drawbridge.paper.accounts import PaperKey
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.dialect import Claim
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireRequest
from drawbridge.wire.limits import Count, Limit, LimitPer
from drawbridge.wire.proving import check_proof, check_stamp
from drawbridge.wire.stamps import StampKind, check_nonce, read_stamp
from drawbridge.wire.stream import Ask, Proof

T = TypeVar("T")

# Counts are kept for this many senders; the one unused for longest is forgotten first.
_MOST_COUNTS = 20_000


@light_value
class Admitted:
    """A request that may be carried out; `used` is how much of each limit is used up now."""

    endpoint: Endpoint
    key: PaperKey | None
    used: Mapping[str, int]


class Admission:
    """The checks of one papered exchange."""

    def __init__(self, exchange: Exchange, world: PaperWorld, *, unlimited: bool = False) -> None:
        """Prepare which switches give which right; `unlimited` takes the rate limits off."""
        self._unlimited = unlimited
        self._exchange = exchange
        self._world = world
        self._counts: OrderedDict[tuple[str, str], Count] = OrderedDict()
        self._granting: dict[Scope, frozenset[str]] = {
            scope: frozenset(
                switch.api for switch in exchange.card.permissions if scope in switch.scopes
            )
            for scope in Scope
        }

    def admit(self, request: WireRequest, address: str, now_ms: int) -> Admitted:
        """Let a request in or refuse it as the real exchange would.

        Raises: `Forbidden`, `NotProven`, `BadInput`, `ExchangeDown` with the reason of the limit.
        """
        endpoint = self._exchange.endpoints.classify(request)
        used: dict[str, int] = {}
        self._charge(endpoint, LimitPer.ADDRESS, address, used, now_ms)
        if not endpoint.is_signed:
            return Admitted(endpoint, None, used)
        dialect = self._exchange.dialect
        claim = dialect.claim(request)
        key = self.identify(claim.key, address, now_ms)
        if not endpoint.unsigned:
            check_stamp(self._exchange.card.stamp, claim, now_ms)
            self._check_signature(key, claim, dialect.payload(request))
        self._allow(endpoint, key, used, now_ms)
        return Admitted(endpoint, key, used)

    def admit_ask(self, ask: Ask, asker: PaperKey | None, address: str, now_ms: int) -> Admitted:
        """Let in what is asked over a stream, by its own proof or by the log-in before it.

        Raises: as `admit`.
        """
        endpoint = self._exchange.endpoints.named(ask.endpoint)
        used: dict[str, int] = {}
        self._charge(endpoint, LimitPer.ADDRESS, address, used, now_ms)
        if not endpoint.is_signed:
            return Admitted(endpoint, None, used)
        if ask.proof is not None:
            key = self.log_in(ask.proof, address, now_ms)
        elif asker is not None:
            key = self.identify(asker.key, address, now_ms)
        else:
            raise NotProven("bad_key")
        self._allow(endpoint, key, used, now_ms)
        return Admitted(endpoint, key, used)

    def admit_topic(self, row: str, key: PaperKey) -> None:
        """Let a key follow what is private, by the right of that row or (empty) by reading.

        Raises: `Forbidden`.
        """
        if row:
            self._check_rights(self._exchange.endpoints.named(row), key)
        else:
            self.require(key, Scope.READ)

    def log_in(self, proof: Proof, address: str, now_ms: int) -> PaperKey:
        """Give the key that a proof proves; one without a stamp is good at any time.

        Raises: `Forbidden`, `NotProven`, `BadInput`.
        """
        claim = proof.claim
        key = self.identify(claim.key, address, now_ms)
        if claim.stamp:
            check_stamp(self._exchange.card.stamp, claim, now_ms)
        self._check_signature(key, claim, proof.payload)
        return key

    def identify(self, name: str, address: str, now_ms: int) -> PaperKey:
        """Give a key that may be used now and from there. That it is the sender's is not shown.

        Raises: `Forbidden("ip_not_allowed")`, `NotProven` `bad_key`, `key_expired`.
        """
        key = self._world.keys.find(self._exchange.card.id, name)
        if key is None or key.disabled:
            raise NotProven("bad_key")
        if key.expires_ms is not None and now_ms >= key.expires_ms:
            raise NotProven("key_expired")
        if key.ip_list and not any(ip_address(address) in network for network in key.ip_list):
            raise Forbidden("ip_not_allowed", rule="ip_list", address=address)
        return key

    def require(self, key: PaperKey, scope: Scope) -> None:
        """Refuse unless one of the key's switches gives this right.

        Raises: `Forbidden` `right_missing`, `right_read_only`.
        """
        if key.switches.isdisjoint(self._granting[scope]):
            raise self._lacking(key, self._granting[scope], scope.value)

    def _allow(self, endpoint: Endpoint, key: PaperKey, used: dict[str, int], now_ms: int) -> None:
        self._check_rights(endpoint, key)
        self._charge(endpoint, LimitPer.KEY, key.key, used, now_ms)
        self._charge(endpoint, LimitPer.ACCOUNT, key.account, used, now_ms)

    def _check_rights(self, endpoint: Endpoint, key: PaperKey) -> None:
        if endpoint.switches:
            if key.switches.isdisjoint(endpoint.switches):
                raise self._lacking(key, endpoint.switches, "switch")
        elif (scope := endpoint.scope) is not None:
            self.require(key, scope)

    def _lacking(self, key: PaperKey, wanted: Iterable[str], rule: str) -> Forbidden:
        """Say that none of these switches is on, or that what they need is and no more."""
        switches = map(self._exchange.card.find_permission, wanted)
        reads = any(it is not None and it.needs in key.switches for it in switches)
        return Forbidden("right_read_only" if reads else "right_missing", rule=rule)

    def _check_signature(self, key: PaperKey, claim: Claim, payload: bytes) -> None:
        check_proof(claim, payload, key.verifier, key.passphrase)
        if claim.stamp and self._exchange.card.stamp.kind is StampKind.NONCE:
            # Only a signed nonce counts: else a stranger could burn every later one.
            nonce = read_stamp(claim.stamp)
            check_nonce(nonce, key.last_nonce)
            self._world.raise_nonce(key, nonce)

    def _charge(
        self, endpoint: Endpoint, per: LimitPer, sender: str, used: dict[str, int], now_ms: int
    ) -> None:
        if self._unlimited:
            return
        for name, cost in endpoint.costs:
            limit = self._exchange.endpoints.limits[name]
            if limit.per is not per:
                continue
            count = self._count(limit, sender)
            wait_ms = count.charge(cost, now_ms)
            used[name] = count.used(now_ms)
            if wait_ms:
                raise ExchangeDown(
                    limit.reason,
                    retry_after_ms=wait_ms,
                    limit=limit.amount,
                    seconds=limit.window_ms // 1_000,
                )

    def _count(self, limit: Limit, sender: str) -> Count:
        at = (limit.name, sender)
        count = self._counts.get(at)
        if count is None:
            count = self._counts[at] = Count(limit)
            if len(self._counts) > _MOST_COUNTS:
                self._counts.popitem(last=False)
        else:
            self._counts.move_to_end(at)
        return count


async def with_new_keys(world: PaperWorld, admit: Callable[[], T]) -> T:
    """Admit somebody; an unknown key is looked for once more, among those just made elsewhere.

    Raises: what `admit` raises.
    """
    try:
        return admit()
    except NotProven as error:
        return await once_more(error, world, admit)


async def once_more(error: NotProven, world: PaperWorld, admit: Callable[[], T]) -> T:
    """Admit somebody who was refused for a key that is not known, if it was just made elsewhere.

    Raises: the error itself for any other reason; what `admit` raises.
    """
    if error.code != "bad_key":
        raise error
    await world.refresh()
    return admit()
