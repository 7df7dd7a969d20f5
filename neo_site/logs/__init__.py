"""The log: one line for each record, and no line holds what a client sent."""
