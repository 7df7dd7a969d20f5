"""Password hashing."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, 2 passes, 1 lane: the OWASP password storage minimum, about 16 ms a sign-in."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
