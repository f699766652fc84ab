"""What an owner does in the chat up to the parts of a new key."""

from base64 import b64encode

from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person

KEY = "K" * 55 + "a"
SECRET = b64encode(b"planted secret of sixty-four bytes, which never may be seen agai").decode()


async def go_to_exchange(ada: Person, exchange: str = "Kraken") -> None:
    await ada.say("/menu")
    await ada.press("⚙️")
    await ada.press("🔑")
    await ada.press("\N{HEAVY PLUS SIGN}")
    await ada.press(exchange)
    await ada.press(ada.labels[0])


async def go_to_parts(bot: BotHouse, ada: Person, exchange: str = "Kraken") -> None:
    await go_to_exchange(ada, exchange)
    await ada.press("⌨️")
    await ada.say(bot.code())


async def add(bot: BotHouse, ada: Person) -> str:
    await go_to_parts(bot, ada)
    await ada.say(KEY)
    await ada.say(SECRET)
    return (await bot.house.vault.list_keys(bot.owner))[-1].id
