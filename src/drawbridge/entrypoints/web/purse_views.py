"""What accounts of one venue are worth together, as Home and Portfolio show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.app.overview import Account, Purse
from drawbridge.core.clock import DAY_MS
from drawbridge.entrypoints.web.curve_views import CurveView, draw_curve
from drawbridge.entrypoints.web.holding_views import AccountView, age_of, view_account
from drawbridge.statistics.together import Together, grown_since
from drawbridge.trading.adding_up import Sum, Wallet
from drawbridge.wording import formats
from drawbridge.wording.say import say

_SPANS = (("day", DAY_MS), ("week", 7 * DAY_MS), ("month", 30 * DAY_MS))
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class ReturnView:
    """What was gained within a time, deposits and withdrawals apart."""

    words: str
    value: str
    tone: str


@dataclass(frozen=True, slots=True)
class WalletView:
    """One currency over all accounts; `worth` and `share` are empty where it has no price.

    Units: `percent` is the share as a whole number, for a bar.
    """

    currency: str
    amount: Decimal
    worth: str
    share: str
    percent: int
    accounts: int


@dataclass(frozen=True, slots=True)
class PartView:
    """One account as a part of the whole; `worth` and `share` are empty where it is in no sum."""

    account: AccountView
    worth: str
    share: str
    percent: int


@dataclass(frozen=True, slots=True)
class PurseView:
    """All accounts of one venue; `worth` is empty until one of them was read."""

    venue: str
    parts: tuple[PartView, ...]
    currency: str = ""
    worth: str = ""
    age: str = ""
    as_of_ms: int = 0
    unpriced: str = ""
    apart: str = ""
    returns: tuple[ReturnView, ...] = ()
    wallets: tuple[WalletView, ...] = ()
    curve: CurveView | None = None
    curve_words: str = ""

    @property
    def is_awaited(self) -> bool:
        """Tell whether an account is being read anew."""
        return any(it.account.is_awaited for it in self.parts)


def view_purse(purse: Purse, now_ms: int) -> PurseView:
    """Put the accounts of a venue into words."""
    total = purse.sum
    parts = tuple(_part(it, total, now_ms) for it in purse.accounts)
    if total is None:
        return PurseView(purse.venue.value, parts)
    labels = {it.account.key_id: it.account.label for it in parts}
    curve = _curve(purse.month, total)
    return PurseView(
        venue=purse.venue.value,
        parts=parts,
        currency=total.currency,
        worth=formats.rounded(total.total),
        age=age_of(total.as_of_ms, now_ms),
        as_of_ms=total.as_of_ms,
        unpriced=", ".join(total.unpriced),
        apart=", ".join(labels[key_id] for key_id in total.apart),
        returns=_returns(purse.month, now_ms),
        wallets=tuple(_wallet(it, total) for it in total.wallets),
        curve=curve,
        curve_words=_words_of(curve, total.currency) if curve else "",
    )


def _part(account: Account, total: Sum | None, now_ms: int) -> PartView:
    view = view_account(account.key, account.shown, now_ms)
    worth = total.worths.get(account.key.id) if total else None
    if total is None or worth is None:
        return PartView(view, view.worth, "", 0)
    told = f"{formats.rounded(worth)} {total.currency}"
    return PartView(view, told, *_share(worth, total.total))


def _wallet(wallet: Wallet, total: Sum) -> WalletView:
    if wallet.value is None:
        return WalletView(wallet.currency, wallet.amount, "", "", 0, wallet.accounts)
    worth = f"{formats.rounded(wallet.value)} {total.currency}"
    told, percent = _share(wallet.value, total.total)
    return WalletView(wallet.currency, wallet.amount, worth, told, percent, wallet.accounts)


def _share(part: Decimal, whole: Decimal) -> tuple[str, int]:
    """Write a part of a whole in words and as a whole number of hundredths, for a bar."""
    if whole <= 0:
        return "", 0
    fraction = part / whole
    return formats.share(fraction), min(_PERCENT, max(0, round(fraction * _PERCENT)))


def _returns(month: Together | None, now_ms: int) -> tuple[ReturnView, ...]:
    """Tell the return of each span that was watched from its beginning; of none, since when."""
    growth = month.report.growth if month else ()
    told = [
        (say(f"returns.{name}"), grown_since(growth, now_ms - span_ms)) for name, span_ms in _SPANS
    ]
    if len(growth) > 1 and all(value is None for _, value in told):
        since = say("returns.since", since=growth[0][0])
        told = [(since, grown_since(growth, growth[0][0]))]
    return tuple(
        ReturnView(words, _signed(value), tone_of(value))
        for words, value in told
        if value is not None
    )


def _signed(value: Decimal) -> str:
    told = formats.share(value)
    return f"+{told}" if value > 0 and round(value * _PERCENT, 2) else told


def tone_of(value: Decimal | None) -> str:
    """Give the colour of a gain or loss."""
    if not value:
        return ""
    return "up" if value > 0 else "down"


def _words_of(curve: CurveView, currency: str) -> str:
    low, high = formats.rounded(curve.low), formats.rounded(curve.high)
    return say("home.curve", low=low, high=high, currency=currency)


def _curve(month: Together | None, total: Sum) -> CurveView | None:
    """Draw what the accounts were worth, up to what they are worth now."""
    worth: Sequence[tuple[int, Decimal]] = month.report.worth if month else ()
    past = [it for it in worth if it[0] < total.as_of_ms]
    return draw_curve([*past, (total.as_of_ms, total.total)])
