"""The paper exchange on the network: each exchange's own bytes in, its own bytes out."""
