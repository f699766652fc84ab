"""Drawbridge for assistants that speak the Model Context Protocol: to look, never to act."""
