"""What the edge of a worker and the front's have in common: places, refusals, and the relay."""
