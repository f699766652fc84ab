"""The Telegram bot: menus for keys, robots and portfolio, in a process of its own.

It has the half of the house that pages have: it seals secrets and opens none. Nothing of a key
that a person types here is kept anywhere but in this process's memory, and only until it is sealed.
"""
