"""Django's database backend for PostgreSQL, made for servers that may freeze. Django looks for it in `base.py`."""
