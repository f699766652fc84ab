"""Where the parts are put together: settings, the clock, the composition root, the processes.

The only place (beside sealing and tokens) that reads the clock, the environment and randomness,
and the only one that knows every concrete class.
"""
