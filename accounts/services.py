"""What is written about people."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import User

_WRITING_MODELS = ("scenario", "scenarioversion", "option", "prompt", "placement")
_NOTE_MODELS = ("service", "misconception", "source")
_LOOK_UP_MODELS = ("certification", "examversion", "topic", "scoringrule")


def _rights(actions: tuple[str, ...], models: tuple[str, ...]) -> list[str]:
    return [f"{action}_{model}" for action in actions for model in models]


# Exactly what writing and publishing items needs. Nobody may delete a scenario: content is retired.
INSTRUCTOR_RIGHTS = {
    "questions": [
        *_rights(("view", "add", "change"), (*_WRITING_MODELS, *_NOTE_MODELS)),
        *_rights(("view",), _LOOK_UP_MODELS),
        *_rights(("delete",), ("option", "prompt", "placement")),
        "publish_scenario",
    ],
    "exams": _rights(("view", "change"), ("problemreport",)),
}
REVIEWER_RIGHTS = {
    "questions": [
        *_rights(("view",), (*_WRITING_MODELS, *_NOTE_MODELS, *_LOOK_UP_MODELS)),
        "publish_scenario",
    ],
}
INSTRUCTORS = "Instructors"
REVIEWERS = "Reviewers"


def set_time_zone(*, user: User, time_zone: str) -> None:
    """Store a person's time zone. Raises ValidationError for an unknown name."""
    user.time_zone = time_zone
    user.clean_fields(exclude=[field.name for field in User._meta.fields if field.name != "time_zone"])
    user.save(update_fields=["time_zone"])


def set_weekly_mail(*, user_id: int, wanted: bool) -> None:
    """Store whether a person wants the weekly mail. Safe to repeat."""
    User.objects.filter(pk=user_id).update(wants_weekly_mail=wanted)


def set_shortcuts(*, user_id: int, wanted: bool) -> None:
    """Store whether single keys act in the exam room. Safe to repeat."""
    User.objects.filter(pk=user_id).update(uses_shortcuts=wanted)


def end_sessions(*, user_id: int, but_not: str | None = None) -> int:
    """Delete every session of a person, save the one with the key `but_not`; return how many there were.

    The answer-saving path trusts the session without loading the user, so whoever deactivates or deletes a
    person or changes a password or role calls this; the person's next request finds no session.
    """
    sessions = list(UserSession.objects.filter(user_id=user_id).exclude(session_key=but_not or ""))
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def ensure_groups() -> None:
    """Create the two staff groups with exactly their rights. Safe to repeat."""
    for name, rights in ((INSTRUCTORS, INSTRUCTOR_RIGHTS), (REVIEWERS, REVIEWER_RIGHTS)):
        group, _created = Group.objects.get_or_create(name=name)
        wanted = [
            Permission.objects.get(content_type__app_label=app, codename=codename)
            for app, codenames in rights.items()
            for codename in codenames
        ]
        group.permissions.set(wanted)


@transaction.atomic
def ensure_account(*, email: str, password: str, group: str | None) -> User:
    """Return the account with this address, made when missing, with its password set and address verified."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, password)
    if not user.check_password(password):  # a new hash of the same password would end the person's sessions
        user.set_password(password)
        end_sessions(user_id=user.pk)
    user.is_staff = group is not None
    user.save(update_fields=["password", "is_staff"])
    user.groups.set(Group.objects.filter(name=group) if group else [])
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user
