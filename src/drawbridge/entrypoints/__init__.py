"""The ways in: command line, web, paper exchange. Thin: parse, call, present; no rule is here."""
