"""Sessions in the database with the cache in front; a cache that is lost costs time, never a session."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import cached_db
from redis.exceptions import RedisError


class SessionStore(cached_db.SessionStore):
    """Django's store, which reads around a lost cache but fails where it wants to put into it what it read.

    Deleting still fails loudly without the cache: an ended session must not come back with it.
    """

    def load(self) -> dict[str, Any]:
        """Return the session's data. One query when the cache does not have it, two when there is no cache."""
        try:
            return super().load()
        except (RedisError, OSError):
            data: dict[str, Any] = super(cached_db.SessionStore, self).load()
            return data
