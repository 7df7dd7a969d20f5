"""Actors, the access rule behind every policy table, and the ways in which actions report what they did."""
