"""OKX (spot): its facts, its signing and its wire formats."""
