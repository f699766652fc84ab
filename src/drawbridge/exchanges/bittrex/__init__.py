"""Bittrex (API v3), closed: its guide stays, and the paper exchange still speaks its words."""
