"""The account itself: balances, and what the key may do."""

from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetKeyRights,
    KeyRights,
)
from drawbridge.exchanges.bybit.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment

_UNIFIED: Final = "UNIFIED"

_READ: Final = "read"
_ANYWHERE: Final = "*"
# Every group that the key's rights are told in.
_GROUPS: Final = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives", "CopyTrading", "BlockTrade"),
    *("Exchange", "NFT", "Affiliate", "Earn", "FiatP2P", "FiatBybitPay"),
)
_USER: Final = 24_617_703


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the question for balances."""
    return values.get("account/wallet-balance", [("accountType", _UNIFIED)])


def decode_balances(view: ServerView) -> GetBalances:
    """Read it; there are no accounts of the older kinds. Raises: `BadInput`."""
    if values.parameters(view).need("accountType") != _UNIFIED:
        raise BadInput("malformed", field="accountType")
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], view: ServerView
) -> WireAnswer:
    """Write balances; what they are worth together is not worked out."""
    totals = ("totalEquity", "totalWalletBalance", "totalMarginBalance", "totalAvailableBalance")
    account = {**dict.fromkeys(totals, ""), "accountType": _UNIFIED}
    return values.ok({"list": [{**account, "coin": [_coin(row) for row in result]}]}, view)


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances: what orders hold is told as locked."""
    (account,) = list_of(values.result_of(answer)["list"])
    found = []
    for row in map(object_of, list_of(object_of(account)["coin"])):
        held = decimal_of(row.get("locked") or "0")
        free = decimal_of(row["walletBalance"]) - held
        found.append(Balance(text_of(row["coin"]), free, held))
    return tuple(found)


def _coin(row: Balance) -> dict[str, object]:
    total = plain(row.total)
    return {
        "coin": row.currency,
        "equity": total,
        "usdValue": "",
        "walletBalance": total,
        "locked": plain(row.held),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "totalOrderIM": "0",
        "totalPositionIM": "0",
        "totalPositionMM": "0",
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
    }


# ------------------------------------------------------------------------------------- rights
def encode_rights(_operation: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the question what the key may do."""
    return values.get("user/query-api")


def decode_rights(_view: ServerView) -> GetKeyRights:
    """Read it."""
    return GetKeyRights()


def encode_rights_answer(_op: GetKeyRights, result: KeyRights, view: ServerView) -> WireAnswer:
    """Write what the key may do, group by group."""
    groups: dict[str, list[str]] = {group: [] for group in _GROUPS}
    for switch in sorted(result.switches - {_READ}):
        group, _, name = switch.partition(".")
        groups.setdefault(group, []).append(name)
    addresses = [address.removesuffix("/32") for address in result.ip_list or ()]
    return values.ok(
        {
            "id": "13770661",
            "note": result.label,
            "apiKey": result.key,
            "readOnly": 0 if result.switches - {_READ} else 1,
            "secret": "",
            "permissions": groups,
            "ips": addresses or [_ANYWHERE],
            "type": 1,
            "deadlineDay": -1 if result.expires_ms is None else 90,
            "expiredAt": write_moment(result.expires_ms or 0, 0),
            "createdAt": write_moment(result.created_ms or 0, 0),
            "unified": 0,
            "uta": 1,
            "userID": int(result.account_id or _USER),
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
            "kycLevel": "LEVEL_DEFAULT",
            "kycRegion": "",
        },
        view,
    )


def decode_rights_answer(_op: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read what the key may do; one that is read-only does nothing else, whatever is listed."""
    result = values.result_of(answer)
    listed = {
        f"{group}.{text_of(name)}"
        for group, names in object_of(result["permissions"]).items()
        for name in list_of(names or [])
    }
    addresses = tuple(text_of(it) for it in list_of(result["ips"]) if it != _ANYWHERE)
    return KeyRights(
        switches=frozenset({_READ} if int_of(result["readOnly"]) else {_READ, *listed}),
        ip_list=addresses,
        ip_bound=bool(addresses),
        created_ms=_when(result.get("createdAt")),
        expires_ms=None if addresses else _when(result.get("expiredAt")),
        label=text_of(result.get("note") or ""),
        key=text_of(result.get("apiKey") or ""),
        account_id=str(result.get("userID") or ""),
    )


def _when(text: object) -> int | None:
    """Read a moment; one without meaning is written as the year one or the beginning of time."""
    if not isinstance(text, str) or text.startswith(("0", "1970")):
        return None
    return parse_moment(text)
