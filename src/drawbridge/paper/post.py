"""What everybody who serves one papered exchange shares, over REST and over streams.

One admission, so that limits are counted once whichever way somebody comes.
"""

from dataclasses import dataclass, field

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.paper.admission import Admission
from drawbridge.paper.carrying import Carrier
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.stream import SharedFrames


@dataclass(frozen=True, slots=True)
class Post:
    """A papered exchange, ready to serve."""

    exchange: Exchange
    world: PaperWorld
    clock: Clock
    admission: Admission
    carrier: Carrier
    shared: SharedFrames = field(default_factory=SharedFrames)


def post_of(
    exchange: Exchange, world: PaperWorld, clock: Clock, *, unlimited: bool = False
) -> Post:
    """Join an exchange's folder to the paper world; `unlimited` takes the rate limits off."""
    admission = Admission(exchange, world, unlimited=unlimited)
    return Post(exchange, world, clock, admission, Carrier(exchange, world))
