"""What all processes of ours do alike."""

import logging

from drawbridge.app.lifetime import log_to_stderr


def test_a_line_of_the_log_says_when_by_utc_and_which_process() -> None:
    record = logging.LogRecord("any", logging.WARNING, "any.py", 1, "slow %s", ("disk",), None)
    record.created = 1_795_287_072.9
    assert log_to_stderr("gateway").format(record) == "2026-11-21T18:51:12Z gateway: slow disk"
