"""Putting together what asks for licences in the gateway's process; nothing where none are."""

from drawbridge.app.build import House
from drawbridge.app.licence_office import installation_seed
from drawbridge.cluster.share import Share
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.licence_road import LicenceRoad
from drawbridge.licences.documents import private_key_from
from drawbridge.licences.kept import KeptLicences
from drawbridge.licences.leasing import Here, Installation, Leasing
from drawbridge.storage.rows import RowJournal
from drawbridge.trading.last_look import LastLook


def licensed_journal(house: House, rows: RowJournal) -> tuple[KeptLicences | None, OrderJournal]:
    """Give the order journal, before which each order is looked at once more, and by what.

    Where nobody needs a licence, orders are held against none.
    """
    operator = house.settings.operator
    kept = None if operator is None else KeptLicences(house.database, operator, house.clock)
    look = LastLook(house.database, house.vault.kept, house.clock, kept)
    return kept, OrderJournal(rows, house.clock, look)


def leasing_of(
    house: House, kept: KeptLicences | None, egress: Egress, gateway: Gateway, share: Share
) -> Leasing | None:
    """Give what keeps licences leased; None where nobody needs one."""
    operator = house.settings.operator
    if operator is None or kept is None:
        return None
    here = Here(house.database, kept, house.clock, house.entropy, house.local_key, share)
    # Beside the vault's key, which all workers of a cluster reach: they are one installation.
    installation = Installation(
        private_key_from(installation_seed(house.settings.vault_key.parent))
    )
    road = LicenceRoad(egress, gateway, house.clock, operator.server)
    return Leasing(here, operator, installation, road)
