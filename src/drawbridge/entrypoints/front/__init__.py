"""Where bots are met without any key: each is handed on to the worker that holds its account."""
