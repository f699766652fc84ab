"""HTX, once Huobi (spot): the host inside the signature, orders' bodies outside of it."""
