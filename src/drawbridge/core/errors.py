"""Error families, named by what the caller does next.

`code` is a stable slug: the key of the wording files and of docs/reference/errors.md.
Facts are shown to people and written to logs, so they never hold a secret.
The sentences themselves are not here; they stand in the wording files.
"""

from typing import ClassVar


class DrawbridgeError(Exception):
    """Say what went wrong by a stable code and the facts of the case."""

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 9

    def __init__(self, code: str, **facts: object) -> None:
        """Keep the code and its facts; the text of the exception is the two together."""
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        """Give code and facts on one line, for logs."""
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} {facts}".rstrip()


class BadInput(DrawbridgeError):
    """The caller fixes the input and sends it again. `field` is among the facts."""

    http_status = 422
    exit_code = 2


class NotProven(DrawbridgeError):
    """The caller authenticates first."""

    http_status = 401
    exit_code = 3


class Forbidden(DrawbridgeError):
    """The caller asks for the right; `rule` among the facts names what refused."""

    http_status = 403
    exit_code = 4


class NotFound(DrawbridgeError):
    """The caller looks elsewhere."""

    http_status = 404
    exit_code = 5


class Conflict(DrawbridgeError):
    """The caller reads again and decides anew."""

    http_status = 409
    exit_code = 5


class ExchangeRefused(DrawbridgeError):
    """The exchange said a definite no; `reason` (the code) says which. Nothing happened."""

    http_status = 409
    exit_code = 6


class ExchangeDown(DrawbridgeError):
    """The caller tries again after `retry_after_ms`: nothing happened."""

    http_status = 503
    exit_code = 7

    def __init__(self, code: str, *, retry_after_ms: int = 1_000, **facts: object) -> None:
        """Keep how long to wait beside the facts."""
        super().__init__(code, **facts)
        self.retry_after_ms = retry_after_ms


class OutcomeUnknown(DrawbridgeError):
    """The caller does not retry: it reconciles by client order id."""

    http_status = 504
    exit_code = 8


class Corrupted(DrawbridgeError):
    """The caller stops: an invariant of our own is broken."""

    http_status = 500
    exit_code = 9
