"""What stands where in the data folder, beside what the settings can move elsewhere."""

from pathlib import Path

from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import DATABASE_FILE


def database_file(settings: Settings) -> Path:
    """Give the path of the file that the rows are in, where no server holds them."""
    return settings.data / DATABASE_FILE


def has_rows(settings: Settings) -> bool:
    """Tell whether there is anything to be opened without making it."""
    return settings.is_cluster or database_file(settings).exists()


def compiled(settings: Settings) -> Path:
    """Give the folder in which compiled strategies are kept; it may be removed at any time."""
    return settings.data / "compiled"


def paper_state(settings: Settings) -> Path:
    """Give the folder of the paper exchange that `up --with-paper` starts."""
    return settings.data / "paper"
