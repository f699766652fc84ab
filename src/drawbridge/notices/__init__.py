"""Notices: what a person would want to know, written with the change that it tells of.

Here are the values, the outbox and its rows; what carries them out of the house is the business
of the gateway's process, and nothing here reaches out.
"""
