"""Poloniex (spot, the interface of 2022): base64 signatures over one text, no word of rights."""
