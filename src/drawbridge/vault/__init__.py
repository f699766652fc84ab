"""The vault: exchange keys, their state, and their sealed secrets.

`service` and `unlock` are for every process; `opening` and `keyholder` belong to the one that
runs the gateway. Whether a key is good is found out by `verification/`.
"""
