"""How a known client program's settings are written from the facts of a card."""

from drawbridge.catalogue.card import Client


def client_urls_of(client: Client, base: str, ws: str) -> dict[str, object]:
    """Write a client's addresses: dotted names become nested tables."""
    urls: dict[str, object] = {}
    for dotted, template in client.urls.items():
        *folders, name = dotted.split(".")
        table = urls
        for folder in folders:
            inner = table.setdefault(folder, {})
            if isinstance(inner, dict):
                table = inner
        table[name] = template.replace("{base}", base).replace("{ws}", ws)
    return urls
