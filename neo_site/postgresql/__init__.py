"""Django's PostgreSQL, for a server that may freeze. `base.py` is where Django looks for it."""
