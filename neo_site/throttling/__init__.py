"""Limits on requests: rates, the counts behind them, and the client address that a request comes from."""
