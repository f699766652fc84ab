"""The command line: parse, call a service, print what it says.

Each group of commands has a module; what they share in options and printing is in `options` and
`output`. No rule lives here, and secrets come from a prompt or a pipe, never from an argument.
"""
