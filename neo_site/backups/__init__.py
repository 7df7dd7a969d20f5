"""Backups of the database, restores, and the epoch, by which a restored copy is told from the original."""
