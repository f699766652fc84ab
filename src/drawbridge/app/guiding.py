"""The guide to a key of a venue: with the addresses from which requests of that venue go out."""

from collections.abc import Sequence
from typing import Final

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.guide import Guide, Purpose, build_guide
from drawbridge.vault.model import Venue

# The paper exchange is on this machine, so that is where its keys are used from.
_HERE: Final = ("127.0.0.1",)


def guide_at(card: Card, purpose: Purpose, venue: Venue, addresses: Sequence[str]) -> Guide:
    """Make the guide; `addresses` are those from which we reach the exchanges."""
    return build_guide(card, purpose, _HERE if venue is Venue.PAPER else addresses)
