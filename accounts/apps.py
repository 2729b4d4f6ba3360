"""The accounts app."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    """People and their preferences."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Connect receivers."""
        from accounts.receivers import remember_time_zone  # noqa: PLC0415 (models are not loaded before this)

        user_logged_in.connect(remember_time_zone, dispatch_uid="accounts.remember_time_zone")
