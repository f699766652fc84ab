"""Ten bots of an unmodified client on one account, through real processes, at the real limits.

The ten minutes of it stand in `benchmarks/shares.py`, and what holds for any bots in
`tests/laws/test_shares.py`.
"""

from pathlib import Path

from tests.kit.proxied import found_proxied
from tests.kit.ten_bots import share_out


def test_ten_bots_on_one_account_all_trade_and_the_exchange_has_nothing_to_complain_of(
    tmp_path: Path,
) -> None:
    """Scenario 86: one rate budget, one nonce order, and none starves another."""
    with found_proxied(tmp_path, limited=True) as proxied:
        shares = share_out(proxied, "kraken", 5)
    assert shares.beyond == 0, "the exchange was asked more than it takes"
    assert shares.wrong == ()
    assert shares.errors == ()
    assert min(shares.placed) > 0, shares.placed
