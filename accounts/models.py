"""People. The custom user exists from the first migration; people log in with an email address."""

from __future__ import annotations

import zoneinfo
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.accommodations import Accommodation


def validate_time_zone(value: str) -> None:
    """Raise ValidationError unless the value is an IANA time zone name such as Asia/Kolkata."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("%(value)s is not a time zone name."), params={"value": value})


class UserManager(BaseUserManager["User"]):
    """Creates users by email address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """Return a new saved user. Raises ValueError for an empty address."""
        if not email:
            raise ValueError("a user needs an email address")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        """Return a new saved superuser."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account: student, instructor or both."""

    email = models.EmailField(_("email address"), max_length=254, unique=True)
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("May enter the administration; rights come from groups.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_("Such as Asia/Kolkata."),
    )
    accommodation = models.CharField(
        _("extra time"),
        max_length=10,
        default=Accommodation.NONE,
        choices=[
            (Accommodation.NONE, _("none")),
            (Accommodation.PLUS_30, _("30 more minutes")),
            (Accommodation.TIMES_1_25, _("a quarter more time")),
            (Accommodation.TIMES_1_5, _("half as much time again")),
            (Accommodation.TIMES_2, _("twice the time")),
            (Accommodation.UNTIMED, _("no time limit")),
        ],
    )
    uses_shortcuts = models.BooleanField(_("keyboard shortcuts in the exam room"), default=True)
    wants_weekly_mail = models.BooleanField(_("weekly mail"), default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        # Stored in lower case, so that the unique index knows no two spellings of one address.
        constraints = [models.CheckConstraint(name="user_email_lower_case", condition=models.Q(email=Lower("email")))]

    def __str__(self) -> str:
        return self.email

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The person's time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)
