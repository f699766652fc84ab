"""What ccxt's streaming client does at Kraken that it does nowhere else."""

from tests.real_clients.pro import Pro

# The token for the stream is drawn over REST, and a wrong signature there is not in its table.
PRO = Pro(bad_secret_raises="ExchangeError", depth=10)
