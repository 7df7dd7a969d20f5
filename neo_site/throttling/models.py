from __future__ import annotations

from django.db import models


class CacheEntry(models.Model):
    """A row of the database cache, read and written by `neo_site/throttling/caches.py`.

    Its data may be lost at any time, so that the table is unlogged on PostgreSQL.
    """

    key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    # Seconds since 1970.
    expires_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key
