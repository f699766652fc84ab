"""What ccxt's streaming client does at Binance that it does nowhere else."""

from tests.real_clients.pro import Pro

# The client reads the refusal, forgets the subscription twice, and stumbles over the second time.
PRO = Pro(bad_secret_raises="KeyError")
