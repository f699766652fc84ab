"""Keys that other programs keep: found in their files, brought in, replaced there; and leaks.

Nothing here opens a secret of ours, and nothing is sent anywhere.
"""
