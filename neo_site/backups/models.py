from __future__ import annotations

from django.db import models


class Epoch(models.Model):
    """The one row by which the original is told from a restored copy: see `neo_site/backups/epoch.py`.

    Both columns are empty until the first start of a server.
    """

    place = models.CharField(max_length=100, blank=True, help_text="Where PostgreSQL keeps this table.")
    beside_keys = models.CharField(max_length=100, blank=True, help_text="The content of the file beside the keys.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "epoch"
