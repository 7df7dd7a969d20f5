__version__ = "0.2.0"
"""Of the whole distribution; nothing else states it."""
