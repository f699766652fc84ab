"""What is asked of a person's device, and whether its answer proves what it says. Pure.

The proof itself is the library's, which is loaded at the first passkey: it is heavy, and most
people are not waiting for it. Challenges, people and sessions are in `passkeys`.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from drawbridge.accounts.passkey_store import Credential
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import NotProven

ANSWER_WITHIN_MS: Final = 5 * MINUTE_MS

_SITE: Final = "Drawbridge"
_LONGEST_ANSWER: Final = 65_536
# EdDSA, ES256 and RS256, by their numbers in COSE: what devices that people have can do.
_ALGORITHMS: Final = (-8, -7, -257)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passkey works: the site's name, and the address under which browsers show it."""

    host: str
    origin: str


def ask_for_new(
    place: Place, challenge: bytes, owner: str, name: str, known: Iterable[bytes]
) -> str:
    """Write what a device is asked when it is to make a passkey; those `known` are not doubled.

    Source: the dictionary PublicKeyCredentialCreationOptionsJSON of WebAuthn level 3.
    """
    return json.dumps(
        {
            "rp": {"id": place.host, "name": _SITE},
            "user": {"id": _encode(owner.encode()), "name": name, "displayName": name},
            "challenge": _encode(challenge),
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in _ALGORITHMS],
            "timeout": ANSWER_WITHIN_MS,
            "excludeCredentials": [{"type": "public-key", "id": _encode(it)} for it in known],
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            # Who made the device is nobody's business here.
            "attestation": "none",
        }
    )


def ask_for_use(place: Place, challenge: bytes) -> str:
    """Write what a device is asked at a log-in; it says itself which passkeys it has.

    Source: the dictionary PublicKeyCredentialRequestOptionsJSON of WebAuthn level 3.
    """
    return json.dumps(
        {
            "rpId": place.host,
            "challenge": _encode(challenge),
            "timeout": ANSWER_WITHIN_MS,
            "userVerification": "required",
        }
    )


def find_credential_id(answer: str) -> bytes | None:
    """Find which credential an answer names, None when it cannot be read; nothing is proven."""
    if len(answer) > _LONGEST_ANSWER:
        return None
    try:
        text = json.loads(answer)["id"]
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def prove_new(answer: str, challenge: bytes, place: Place) -> Credential:
    """Give the new credential of an answer. Raises: `NotProven("passkey_refused")`."""
    import webauthn.helpers.cose  # noqa: PLC0415  heavy: see above

    if find_credential_id(answer) is None:
        raise NotProven("passkey_refused")
    numbered = webauthn.helpers.cose.COSEAlgorithmIdentifier
    try:
        proven = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            # Having the device is not enough: it must have asked for finger, face or PIN.
            require_user_verification=True,
            supported_pub_key_algs=[numbered(alg) for alg in _ALGORITHMS],
        )
    # A stranger's bytes pass through many parsers; whatever stumbles over them, they prove nothing.
    except Exception:  # noqa: BLE001  see above
        raise NotProven("passkey_refused") from None
    return Credential(proven.credential_id, proven.credential_public_key, proven.sign_count)


def prove_use(
    answer: str, challenge: bytes, place: Place, owner: str, credential: Credential
) -> int:
    """Prove that a credential of this owner signed, and give its device's new count.

    Raises: `NotProven("passkey_refused")`; also for a count that has not grown, which a copy of
    the device would send.
    """
    import webauthn.helpers  # noqa: PLC0415  heavy: see above

    try:
        read = webauthn.helpers.parse_authentication_credential_json(answer)
        proven = webauthn.verify_authentication_response(
            credential=read,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=credential.public_key,
            credential_current_sign_count=credential.sign_count,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001  bytes of strangers, as in `prove_new`
        raise NotProven("passkey_refused") from None
    # The device was asked for any passkey and names whose it is: that must be who we think it is.
    if read.response.user_handle != owner.encode() or proven.credential_id != credential.id:
        raise NotProven("passkey_refused")
    return proven.new_sign_count


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
