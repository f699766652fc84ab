"""Where bots trade through us with virtual keys, in each exchange's own wire format."""
