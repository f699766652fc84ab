"""Drawbridge for assistants that speak the Model Context Protocol: they look and propose."""
