from __future__ import annotations

from django.db import models


class CacheEntry(models.Model):
    """A row of the database cache; `neo_site/throttling/caches.py` reads and writes it.

    What it holds may be lost at any time, so that PostgreSQL keeps the table out of its log.
    """

    key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    # Seconds since 1970.
    expires_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key
