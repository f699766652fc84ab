"""An exchange that is not real but behaves as if it were.

Engine, ledger, books, house and feed are pure: time and randomness come in as arguments. Only
`store.py` touches the disk. How an exchange words all this is its codec's business, not ours.
"""
