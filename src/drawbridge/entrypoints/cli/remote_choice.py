"""Which Drawbridge the command at hand speaks to, as `--at` or the surroundings say.

Where one elsewhere is chosen, what needs this machine is refused: by default, because every
command that opens the data folder or reads the settings comes through `stay_here`.
"""

from contextvars import ContextVar
from pathlib import Path

from drawbridge.app.remotes import HERE, Remote, find_remote
from drawbridge.core.errors import BadInput, Conflict

_NAMED: ContextVar[str] = ContextVar("at", default="")


def name_remote(at: str) -> None:
    """Take what was named for this command; empty for what is used anyway."""
    _NAMED.set(at.strip())


def chosen_remote(data: Path | None) -> Remote | None:
    """Give the Drawbridge elsewhere that was chosen; None is this machine's.

    Whoever names a data folder means this machine. Raises: `BadInput("data_or_at")`, and as
    `find_remote`.
    """
    named = _NAMED.get()
    if data is None:
        return find_remote(named)
    if named not in {"", HERE}:
        raise BadInput("data_or_at", field="--data")
    return None


def stay_here(data: Path | None) -> None:
    """Make sure that this machine is meant. Raises: `Conflict("only_on_its_machine")`."""
    remote = chosen_remote(data)
    if remote is not None:
        raise Conflict("only_on_its_machine", address=remote.address)
