"""Streams for bots: exchanges' WebSockets as bots with virtual keys meet them.

An exchange's own session (`exchanges/<id>/stream`) speaks with the bot; what it wants to know is
followed over our own streams, once for all who want it. No byte of a bot goes on to an exchange.
How it fits together: docs/explain/bot-streams.md.
"""
