"""All operations of the API behind one value."""

from drawbridge.client.accounts import AccountsOperations
from drawbridge.client.approvals import ApprovalsOperations
from drawbridge.client.audit import AuditOperations
from drawbridge.client.backups import BackupsOperations
from drawbridge.client.calling import Calling
from drawbridge.client.exchanges import ExchangesOperations
from drawbridge.client.keys import KeysOperations
from drawbridge.client.licence import LicenceOperations
from drawbridge.client.limits import LimitsOperations
from drawbridge.client.me import MeOperations
from drawbridge.client.notices import NoticesOperations
from drawbridge.client.orders import OrdersOperations
from drawbridge.client.panic import PanicOperations
from drawbridge.client.people import PeopleOperations
from drawbridge.client.replacements import ReplacementsOperations
from drawbridge.client.robot_reports import RobotReportsOperations
from drawbridge.client.robots import RobotsOperations
from drawbridge.client.trials import TrialsOperations
from drawbridge.client.virtual_keys import VirtualKeysOperations
from drawbridge.client.workers import WorkersOperations


class Client:
    """The API at one address, with one token."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self.me = MeOperations(calling)
        self.exchanges = ExchangesOperations(calling)
        self.keys = KeysOperations(calling)
        self.replacements = ReplacementsOperations(calling)
        self.panic = PanicOperations(calling)
        self.virtual_keys = VirtualKeysOperations(calling)
        self.accounts = AccountsOperations(calling)
        self.robots = RobotsOperations(calling)
        self.robot_reports = RobotReportsOperations(calling)
        self.orders = OrdersOperations(calling)
        self.trials = TrialsOperations(calling)
        self.limits = LimitsOperations(calling)
        self.licence = LicenceOperations(calling)
        self.approvals = ApprovalsOperations(calling)
        self.notices = NoticesOperations(calling)
        self.people = PeopleOperations(calling)
        self.audit = AuditOperations(calling)
        self.backups = BackupsOperations(calling)
        self.workers = WorkersOperations(calling)
