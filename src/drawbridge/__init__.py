"""Drawbridge: the safe bridge between exchange accounts and the software that trades on them."""
