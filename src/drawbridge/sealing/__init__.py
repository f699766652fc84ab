"""Sealing: secrets go in by a public key and come out only where the private key is.

`envelope` seals and may be used anywhere; `keyring` opens and belongs to the gateway's process;
`local` seals under a key of one machine or one process. What is sealed is decided elsewhere.
"""
