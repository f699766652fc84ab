"""Gate (spot, API v4): hashed bodies in the signature, errors as labels, keys that end."""
