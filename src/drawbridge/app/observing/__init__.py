"""Observing: what operators see of running processes, without seeing anything of persons.

Log lines, health and readiness, metrics and traces. Nothing here knows a name, an id of a key or
a robot, or an amount; labels and attributes come from closed lists.
"""
