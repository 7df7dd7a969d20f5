"""Django's database backend for SQLite, which waits no longer than a request may. Django looks for it in `base.py`."""
