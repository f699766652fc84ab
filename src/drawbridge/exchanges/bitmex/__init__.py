"""BitMEX, closed: its guide stays, and the paper exchange still speaks its linear contracts."""
