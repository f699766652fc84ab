"""Addresses of safe keeping: backups, and the vault's own key."""

from typing import Final

from starlette.routing import Route

from drawbridge.accounts.roles import Act
from drawbridge.app.build import House
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.web.backup_pages import BackupPages
from drawbridge.entrypoints.web.vault_key_pages import VaultKeyPages

_POST: Final = ["POST"]


def keeping_routes(site: Site, house: House) -> list[Route]:
    """Give the addresses; only whose role may open the vault gets there."""
    kept = site.of(Act.VAULT)
    backups, key = BackupPages(kept, house), VaultKeyPages(kept, house)
    return [
        Route("/backups", kept.shows(backups.show)),
        Route("/backups", kept.takes(backups.download), methods=_POST),
        Route("/backups/key", kept.takes(backups.make_key), methods=_POST),
        Route("/vault/key", kept.shows(key.show)),
        Route("/vault/key/rotate", kept.takes(key.rotate), methods=_POST),
        Route("/vault/key/destroy", kept.takes(key.destroy), methods=_POST),
        Route("/vault/key/keep", kept.takes(key.keep), methods=_POST),
    ]
