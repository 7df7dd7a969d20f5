"""Figures for Prometheus: how many requests, how long they took, whether we can serve. No names, no ids."""
