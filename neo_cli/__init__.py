"""The `neo` command, for people and agents: an HTTP client of a Neo Secrets server, without Django."""
