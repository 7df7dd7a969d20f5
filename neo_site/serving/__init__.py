"""Serving: a supervisor, its worker processes, and in each of them what stands between the server and Django."""
