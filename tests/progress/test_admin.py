"""Mail records in the administration: to look at, not to touch."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from progress.deliveries import claim_due
from progress.models import MailDelivery
from tests.asserts import assert_status
from tests.cast import client_of, make_user
from tests.progress.conftest import MONDAY

pytestmark = pytest.mark.django_db
LIST = "/admin/progress/maildelivery/"


@pytest.fixture
def operator_client() -> Client:
    user = make_user("operator")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return client_of(User.objects.get(pk=user.pk))


def test_mails_in_doubt_are_found_by_their_state(student: User, operator_client: Client) -> None:
    claim_due(now=MONDAY)
    MailDelivery.objects.update(state=MailDelivery.State.UNKNOWN)
    assert "candidate@example.com" in operator_client.get(LIST, {"state__exact": "unknown"}).content.decode()
    assert "candidate@example.com" not in operator_client.get(LIST, {"state__exact": "sent"}).content.decode()


def test_records_can_be_neither_added_changed_nor_deleted(student: User, operator_client: Client) -> None:
    [delivery_id] = claim_due(now=MONDAY)
    assert_status(operator_client.get(f"{LIST}add/"), 403)
    assert_status(operator_client.post(f"{LIST}{delivery_id}/delete/", {"post": "yes"}), 403)
    assert_status(operator_client.post(f"{LIST}{delivery_id}/change/", {"state": "claimed"}), 403)
    assert_status(operator_client.get(f"{LIST}{delivery_id}/change/"), 200)
    assert MailDelivery.objects.get().state == MailDelivery.State.CLAIMED


def test_instructors_do_not_see_mails(student: User, author_client: Client) -> None:
    claim_due(now=MONDAY)
    assert_status(author_client.get(LIST), 403)
