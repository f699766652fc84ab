"""A typed client of the REST API, for people's own programs.

    client = Client(Calling("http://127.0.0.1:8420", token))
    for order in every(client.orders.list_orders, standing="open"): …

All but `calling.py` is written from the API's schema by `python -m tools.make_reference`.
"""

from drawbridge.client.calling import Calling, Page, Refused, Unreachable, every
from drawbridge.client.client import Client

__all__ = ["Calling", "Client", "Page", "Refused", "Unreachable", "every"]
