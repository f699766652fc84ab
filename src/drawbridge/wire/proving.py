"""Is a request whose it says it is? Stamp, signature and passphrase, held against what is kept.

For whoever answers in an exchange's place: the paper exchange, and the proxy. Where keys are kept,
and which stamps were used before, is not known here.
"""

import hmac

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.wire.algorithms import Verifier
from drawbridge.wire.dialect import Claim
from drawbridge.wire.stamps import StampKind, StampRule, check_time, read_stamp


def check_stamp(rule: StampRule, claim: Claim, now_ms: int) -> int:
    """Refuse a stamp that is missing or, where it is a time, not of now; give it as a number.

    Raises: `BadInput` `missing_parameter`, `bad_stamp`, `bad_window`; `NotProven` `stale_stamp`,
    `stamp_ahead`, `deadline_passed`.
    """
    if not claim.stamp:
        raise BadInput("missing_parameter", field="stamp")
    stamp = read_stamp(claim.stamp)
    if rule.kind is StampKind.TIME:
        check_time(rule, stamp, claim.window_ms, now_ms)
    if claim.until_ms is not None and now_ms > claim.until_ms:
        raise NotProven("deadline_passed", by_ms=now_ms - claim.until_ms)
    return stamp


def check_proof(claim: Claim, payload: bytes, verifier: Verifier, passphrase: str | None) -> None:
    """Refuse a wrong signature and, where the key has a passphrase, a wrong one.

    Raises: `NotProven` `bad_signature`, `bad_passphrase`.
    """
    verifier.verify(payload, claim.signature)
    if passphrase is None:
        return
    known = passphrase.encode()
    if claim.passphrase_signature is not None:
        try:
            verifier.verify(known, claim.passphrase_signature)
        except NotProven:
            raise NotProven("bad_passphrase") from None
    # In constant time, as the signature: the time taken must not tell how much was right.
    elif not hmac.compare_digest(known, (claim.passphrase or "").encode()):
        raise NotProven("bad_passphrase")
