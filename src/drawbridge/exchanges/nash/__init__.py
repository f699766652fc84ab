"""Nash, an exchange that is gone: only its card, for whoever meets an old key or page."""
