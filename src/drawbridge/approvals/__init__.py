"""Approvals: what robots and assistants may do only once a person has said yes.

A question is a row with an end; unanswered is no. Here it is asked, answered and found again;
what an answer brings about is done by those who asked, and by `app/answering.py`.
"""
