__version__ = "0.1.0"
"""Of the whole distribution; nothing else states it."""
