"""The `neo` command, for people and agents: talks HTTP to a server of Neo Secrets, and knows no Django."""
