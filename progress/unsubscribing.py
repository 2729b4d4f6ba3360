"""The link that ends the weekly mail without a login: a signed token that can do this one thing and never expires."""

from __future__ import annotations

from django.core import signing

_SALT = "progress.unsubscribe"


def unsubscribe_token(user_id: int) -> str:
    """Return the token for the link in a person's mails."""
    return signing.Signer(salt=_SALT).sign_object([user_id])


def read_unsubscribe_token(token: str) -> int:
    """Return whose mail the token ends. Raises signing.BadSignature for a token that is not ours."""
    try:
        [user_id] = signing.Signer(salt=_SALT).unsign_object(token)
    except ValueError as error:
        raise signing.BadSignature("not one of our tokens") from error
    return int(user_id)
