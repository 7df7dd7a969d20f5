"""How often anybody may ask: rates, the counts behind them, and whose address a request comes from."""
