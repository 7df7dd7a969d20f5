"""The record of what happened: which events there are, how they are written, sealed and verified."""
