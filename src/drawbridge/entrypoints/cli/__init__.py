"""The command line: parse, call a service, print what it says.

Each group of commands has a module; what they share in options and printing is in `options` and
`output`. No rule lives here, and secrets come from a prompt or a pipe, never from an argument.
"""

from drawbridge.app.settings import speak_as_asked

# Before any command is imported: each says what it is for as it is declared.
speak_as_asked()
