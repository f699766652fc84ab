"""The one road out: every request to an exchange, ours or a foreign bot's, crosses here.

It judges, journals, opens the secret for the time of one signature, stamps, sends, and reads
what came of it. Nothing below this package does network I/O.
"""
