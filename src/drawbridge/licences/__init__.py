"""Licences of an operator: who may let how many exchange accounts trade, and until when.

Without the operator's setting nothing here is asked, and nobody sees anything of it.
"""
