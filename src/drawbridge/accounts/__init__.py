"""People: passwords, second factor, sessions, throttled attempts.

The app and the paper exchange's account site use this over databases of their own.
"""
