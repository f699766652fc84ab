"""Six-digit codes of an authenticator (RFC 6238): pure, the time is an argument.

A code counts once: whoever looks over a shoulder cannot use it again. Where the secret is kept
is the service's business.
"""

import base64
import hmac
from collections.abc import Callable
from typing import Final

import pyotp

from drawbridge.accounts.model import Enrolment
from drawbridge.core.clock import SECOND_MS
from drawbridge.core.secret import Secret

STEP_MS: Final = 30 * SECOND_MS
_SECRET_BYTES: Final = 20
_DIGITS: Final = 6
# One step to either side: clocks of telephones are not better, and typing takes a while.
_TOLERATED_STEPS: Final = (0, -1, 1)
_MAX_CODE_LENGTH: Final = 64


def draw_enrolment(entropy: Callable[[int], bytes], issuer: str, name: str) -> Enrolment:
    """Draw the secret of a new authenticator. Shape: base32 and an `otpauth://` address."""
    secret = base64.b32encode(entropy(_SECRET_BYTES)).decode()
    uri = pyotp.TOTP(secret, issuer=issuer, name=name).provisioning_uri()
    return Enrolment(Secret(secret), Secret(uri))


def find_step(secret: Secret, code: str, now_ms: int, last_step: int) -> int | None:
    """Give the time step whose code this is, None if it is of none later than `last_step`."""
    typed = code.encode()
    totp = pyotp.TOTP(secret.reveal())
    now_step = now_ms // STEP_MS
    for offset in _TOLERATED_STEPS:
        step = now_step + offset
        right = step >= 0 and hmac.compare_digest(totp.generate_otp(step).encode(), typed)
        if right and step > last_step:
            return step
    return None


def clean_code(text: str) -> str:
    """Take off what people type around and between the digits; odd texts become empty."""
    code = "".join(text[:_MAX_CODE_LENGTH].split())
    return code if code.isascii() else ""


def looks_like_code(code: str) -> bool:
    """Tell an authenticator's code from a recovery code."""
    return len(code) == _DIGITS and code.isdigit()
