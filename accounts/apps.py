"""The accounts app."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_delete


class AccountsConfig(AppConfig):
    """People and their preferences."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Connect receivers."""
        # Models are not loaded before this, and allauth's signals import some.
        from allauth.account.signals import password_changed, password_reset, password_set  # noqa: PLC0415

        from accounts import receivers  # noqa: PLC0415

        user_logged_in.connect(receivers.remember_preferences, dispatch_uid="accounts.remember_preferences")
        for signal in (password_changed, password_set):
            signal.connect(receivers.end_other_sessions, dispatch_uid="accounts.end_other_sessions")
        password_reset.connect(receivers.end_all_sessions, dispatch_uid="accounts.end_all_sessions")
        pre_delete.connect(
            receivers.end_sessions_of_deleted, sender="accounts.User", dispatch_uid="accounts.end_sessions_of_deleted"
        )
