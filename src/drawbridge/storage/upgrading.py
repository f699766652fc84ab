"""Run Alembic's revisions, for SQLite and PostgreSQL alike.

The one module, beside the revisions themselves, that loads Alembic and SQLAlchemy. Connections and
their transactions are ours; Alembic knows which revisions there are and in which order.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from drawbridge.storage.plan import Plan, version_table

# Alembic keeps what it is doing in variables of its module.
_TURN: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Target:
    """A database to be changed: SQLAlchemy's name for it, how to connect, begin and finish."""

    dialect: str
    connect: Callable[[], Any]
    # Makes other processes wait that start at the same moment.
    begin: str
    # Called with the driver's own connection before the commit.
    finish: Callable[[Any, Plan], None]


def upgrade(target: Target, plan: Plan) -> None:
    """Apply the revisions that are missing, all of them or none.

    Raises: the driver's errors as they are.
    """
    engine = create_engine(f"{target.dialect}://", creator=target.connect, poolclass=NullPool)
    try:
        with _TURN, engine.begin() as connection:
            connection.exec_driver_sql(target.begin)
            for folder in plan.numbers:
                command.upgrade(_config(plan, folder, connection), "head")
            target.finish(connection.connection.driver_connection, plan)
    except DBAPIError as error:
        if error.orig is None:
            raise
        raise error.orig from error


def _config(plan: Plan, folder: str, connection: Connection) -> Config:
    told = Config(attributes={"connection": connection, "version_table": version_table(folder)})
    # A percent sign would be taken for a reference to another option.
    for name, path in (
        ("script_location", plan.revisions),
        ("version_locations", plan.revisions / folder),
    ):
        told.set_main_option(name, str(path).replace("%", "%%"))
    told.set_main_option("path_separator", "newline")
    return told
