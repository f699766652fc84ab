"""What is known of each exchange, read from its folder, and the one door to those folders.

Here: cards, levels, the check of a new key's fields, guides, and the registry that opens an
exchange by its id. Not here: any fact about any exchange.
"""
