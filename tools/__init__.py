"""Tools for those who work on Drawbridge; run each as `python -m tools.<name>`."""
