from __future__ import annotations
import pytest
from questions.models import Scenario, Option
from accounts.models import User
from tests.factories import start

def test_bank(bank: None, candidate: User) -> None:
    assert Scenario.objects.filter(state="published").count() == 36
    a = start(candidate)
    assert a.items.count() == 8

def test_large(large_bank: None, candidate: User) -> None:
    a = start(candidate, "demo-1-full")
    assert a.items.count() == 65

@pytest.mark.django_db(transaction=True)
def test_bank_t(bank: None, candidate: User) -> None:
    assert Scenario.objects.filter(state="published").count() == 36
def test_bank2(bank: None, candidate: User) -> None:
    assert Scenario.objects.filter(state="published").count() == 36
