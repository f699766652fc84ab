"""What to paste into TradingView for a hook. Pure."""

from typing import Final

# TradingView fills in what stands in double braces when an alert fires.
_MESSAGE: Final = """\
{
  "secret": "%s",
  "action": "{{strategy.order.action}}",
  "symbol": "{{ticker}}",
  "price": "{{close}}",
  "id": "{{strategy.order.id}} {{time}}",
  "time": "{{timenow}}"
}"""


def hook_address(base: str, hook_id: str) -> str:
    """Give a hook's address on a site."""
    return f"{base.rstrip('/')}/hooks/{hook_id}"


def hook_message(secret: str) -> str:
    """Give the message of a TradingView alert."""
    return _MESSAGE % secret
