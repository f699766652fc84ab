"""What bots send, over the same road as all else: judge, pay, journal, sign, send, journal.

A request goes on in the bot's own words, signed anew by the real key, and the answer comes back as
the exchange gave it. Who the bot is was proven in `admission.py`; whether it may is asked there
and by whoever calls this.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.errors import DrawbridgeError, Forbidden, NotProven, OutcomeUnknown
from drawbridge.core.markets import Markets
from drawbridge.core.operations import CancelOrder, GetOrder, Operation, Placed, PlaceOrder
from drawbridge.core.orders import Fill, Order
from drawbridge.core.values import light_value
from drawbridge.gateway.asking import Asking
from drawbridge.gateway.budgets import Payer
from drawbridge.gateway.journal import NEVER_ARRIVED, REFUSED, UNKNOWN, OrderJournal
from drawbridge.gateway.permission import never_left
from drawbridge.gateway.policy import Purpose, judge
from drawbridge.gateway.sending import STAMP_TROUBLE, Outgoing, Sending
from drawbridge.gateway.shares import goes_first
from drawbridge.gateway.travelling import passed_back
from drawbridge.gateway.turns import Caller
from drawbridge.gateway.witness import Witness, as_heard
from drawbridge.vault.model import KeyRecord
from drawbridge.wire.codec import encode_at
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import has_marks


@light_value
class Forwarding:
    """A bot's request that may be sent, as far as its virtual key is asked.

    `operation` is what it does, None where it only reads and nobody here can tell what. `request`
    None: it is written anew from the operation, because the bot gave its order no id of its own.
    """

    key_id: str
    origin: str
    purpose: Purpose
    endpoint: Endpoint
    request: WireRequest | None
    operation: Operation[Any] | None = None


@light_value
class Heard:
    """An exchange's answer as it came, and what it says: an error, or an order."""

    answer: WireAnswer
    error: DrawbridgeError | None = None
    order: Order | None = None
    fills: tuple[Fill, ...] = ()


class Forwarder:
    """Takes bots' requests to exchanges."""

    def __init__(
        self,
        keys: Callable[[str], KeyRecord],
        asking: Asking,
        sending: Sending,
        journal: OrderJournal,
        witness: Witness,
        own_names: Callable[[str, Purpose, WireRequest], Awaitable[WireRequest]],
    ) -> None:
        """Join the parts; `own_names` puts in what the exchange calls a key's account."""
        self._keys = keys
        self._asking = asking
        self._sending = sending
        self._journal = journal
        self._witness = witness
        self._own_names = own_names

    async def forward(self, it: Forwarding) -> Heard:
        """Send a request and give what was heard.

        Raises: as `Gateway.cross`, for what the exchange did not say itself.
        """
        key = self._keys(it.key_id)
        exchange, place = get_exchange(key.exchange), (key.exchange, key.venue)
        refused = judge(key, it.purpose, it.operation, it.endpoint)
        if refused is not None:
            raise Forbidden(refused.code, **refused.facts)
        self._sending.permission.left_ms(key.id)
        markets = self._asking.find_markets(place) or await self._asking.markets(*place)
        account = key.account_hint or key.id
        caller = Caller((account, it.origin), goes_first(it.operation, it.endpoint))
        payer = Payer(key.exchange, key.venue, account, key.id, caller)
        if self._asking.charge(payer, exchange, it.endpoint):
            await self._asking.pay_later(payer, exchange, it.endpoint)
        request = it.request
        if request is None and it.operation is not None:
            now_ms = self._asking.now_ms(place)
            request = encode_at(exchange.codec, it.operation, markets, now_ms)
            if has_marks(request):
                request = await self._own_names(key.id, it.purpose, request)
        assert request is not None  # noqa: S101 - one of the two is always there
        outgoing = Outgoing(key, exchange, it.purpose, request, it.endpoint, payer)
        send = partial(
            self._sending.carry, outgoing, partial(self._hear, it, exchange, payer, markets)
        )
        operation = it.operation
        if isinstance(operation, PlaceOrder) and not operation.dry_run:
            return await self._journalled(it, key, operation, send)
        heard = await send()
        if isinstance(operation, GetOrder) and heard.order is not None:
            # Whoever asked, the journal learns how the order stands; foreign ones have no row.
            client_id = heard.order.client_id or operation.client_id
            self._journal.settle_later(key.id, client_id, heard.order)
        return heard

    async def _journalled(
        self,
        it: Forwarding,
        key: KeyRecord,
        order: PlaceOrder,
        send: Callable[[], Awaitable[Heard]],
    ) -> Heard:
        # Paying may have been a wait; here nothing has to be undone yet.
        self._sending.permission.left_ms(key.id)
        # Before the first byte leaves: after a crash this row says that an order may exist.
        # Told that it was never sent, or refused, a bot sends it again under the same name.
        await self._journal.intend(key, it.origin, order, may_repeat=True)
        try:
            heard = await send()
        except DrawbridgeError as error:
            if never_left(error):
                # On disk before it is told: whoever works for the account now is asked next.
                await self._journal.fail(key.id, order.client_id, NEVER_ARRIVED, error.code)
            else:
                self._fail(key, order, error)
            raise
        if heard.error is not None:
            self._fail(key, order, heard.error)
        elif heard.order is not None:
            # Nobody waits for it: no answer of ours rests on it.
            self._journal.settle_later(key.id, order.client_id, heard.order, heard.fills)
        return heard

    def _fail(self, key: KeyRecord, order: PlaceOrder, error: DrawbridgeError) -> None:
        state = UNKNOWN if isinstance(error, OutcomeUnknown) else REFUSED
        self._journal.fail_later(key.id, order.client_id, state, error.code)

    def _hear(
        self, it: Forwarding, exchange: Exchange, payer: Payer, markets: Markets, answer: WireAnswer
    ) -> Heard:
        """Read an answer that goes back as it is. Raises: only that the stamp was refused."""
        told_back = passed_back(answer)
        operation, told = it.operation, None
        try:
            if isinstance(operation, PlaceOrder | CancelOrder | GetOrder):
                told = self._asking.read(payer, exchange, operation, answer, markets)
            else:
                self._asking.read_error(payer, exchange, answer)
        except NotProven as error:
            if error.code in STAMP_TROUBLE:
                raise
            as_heard(self._witness, it.key_id, it.purpose, error)
            return Heard(told_back, error)
        except Forbidden as error:
            as_heard(self._witness, it.key_id, it.purpose, error)
            return Heard(told_back, error)
        except DrawbridgeError as error:
            return Heard(told_back, error)
        if isinstance(told, Placed):
            return Heard(told_back, None, told.order, told.fills)
        return Heard(told_back, None, told if isinstance(told, Order) else None)
