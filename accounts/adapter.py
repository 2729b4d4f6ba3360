"""How allauth creates our users."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """allauth with our rule for addresses: stored in lower case."""

    def clean_email(self, email: str) -> str:
        """Return the address in lower case."""
        cleaned: str = super().clean_email(email)
        return cleaned.lower()
