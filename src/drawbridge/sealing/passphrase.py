"""What a passphrase of the vault must look like; pages ask before they send one."""

from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import bytes_of

MIN_PASSPHRASE_LENGTH: Final = 12
MAX_PASSPHRASE_LENGTH: Final = 1024


def check_passphrase(passphrase: Secret) -> None:
    """Refuse passphrases that are easily guessed.

    Raises: `BadInput("passphrase_too_short")`, `BadInput("passphrase_too_long")`,
    `BadInput("not_text")`.
    """
    if len(passphrase.reveal().strip()) < MIN_PASSPHRASE_LENGTH:
        raise BadInput("passphrase_too_short", field="passphrase", least=MIN_PASSPHRASE_LENGTH)
    if len(passphrase) > MAX_PASSPHRASE_LENGTH:
        raise BadInput("passphrase_too_long", field="passphrase", most=MAX_PASSPHRASE_LENGTH)
    bytes_of(passphrase, "passphrase")
