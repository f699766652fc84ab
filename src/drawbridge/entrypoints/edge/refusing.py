"""Our refusals in an exchange's own words, so that its clients raise their own errors. Pure."""

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import DrawbridgeError
from drawbridge.gateway.bot_words import as_spoken
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.refusing import write_refusal


def refuse(exchange: Exchange, error: DrawbridgeError, path: bytes) -> WireAnswer:
    """Say an error as the exchange would to a request at that path."""
    return write_refusal(exchange.errors, exchange.codec, as_spoken(exchange, error), path)
