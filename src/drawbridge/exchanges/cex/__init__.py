"""CEX.IO Spot Trading: its facts, its way of signing, its words for requests and answers.

Opened through the catalogue only. The older interface at another host, whose keys come with a
user's number, is another one and not here.
"""
