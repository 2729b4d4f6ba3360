"""Which sittings there are, what each draws, and what is left that a student has not seen."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams.assembly import Candidate, apportion, draw_form, forms_left
from exams.blueprints import BlueprintEntry, read_blueprints
from exams.closing import close_attempt
from exams.marking import mark_seen
from exams.models import Attempt, ExamBlueprint
from exams.owners import Owner
from exams.pools import FreshLeft, candidates, fresh_left, weights_of
from exams.starting import AlreadySat
from questions.bank_files import read_bank
from questions.bank_schema import Bank
from questions.models import Placement, ScenarioVersion, Topic
from tests.asserts import assert_status, at_most_queries
from tests.exams.room import begin
from tests.factories import NEWER, NOW, OLDER, blueprint, right_response, start

SHIPPED = Path(settings.BASE_DIR) / "questions/bank/mla"


def close(attempt: Attempt, *, now: dt.datetime = NOW) -> None:
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=now)


def scenarios(attempt: Attempt) -> set[int]:
    return set(attempt.items.values_list("version__scenario", flat=True))


def pools(attempt: Attempt) -> set[str]:
    return set(Placement.objects.filter(scenario__in=scenarios(attempt)).values_list("pool", flat=True))


def left(person: User, exam: str) -> FreshLeft:
    blueprints = list(ExamBlueprint.objects.filter(exam_version__slug=exam))
    version = blueprints[0].exam_version
    return fresh_left(
        owner=Owner(user_id=person.pk),
        exam_version_id=version.pk,
        blueprints=blueprints,
        weights=weights_of(Topic.objects.filter(exam_version=version, domain=None)),
    )


@pytest.mark.usefixtures("bank")
class TestDraws:
    @pytest.mark.parametrize(
        ("mode", "pool", "count"),
        [
            ("mock", "mock", 8),
            ("mini", "mock", 4),
            ("sample", "practice", 4),
            ("practice", "practice", 5),
            ("sealed", "sealed", 5),
        ],
    )
    def test_come_from_the_pool_of_their_mode(self, mode: str, pool: str, count: int, candidate: User) -> None:
        attempt = start(candidate, f"{OLDER}-{mode}")

        assert (pools(attempt), attempt.items.count()) == ({pool}, count)

    def test_mini_mock_is_sealed_and_all_of_it_counts(self, candidate_client: Client) -> None:
        mini = begin(candidate_client, f"{NEWER}-mini")
        item = mini.attempt.items.select_related("version")[0]
        mini.save(1, right_response(item))

        page = mini.page(1).content.decode()
        assert "QUIETWORD" not in page
        assert not mini.attempt.items.filter(is_scored=False).exists()
        assert_status(mini.client.post(mini.address("check_answer", 1)), 404)

    @pytest.mark.parametrize(("modes", "count"), [(("mock", "mock"), 16), (("mock", "mini"), 12), (("mini",) * 4, 16)])
    def test_one_after_the_other_share_nothing(self, modes: tuple[str, ...], count: int, candidate: User) -> None:
        drawn: list[int] = []
        for mode in modes:
            attempt = start(candidate, f"{OLDER}-{mode}")
            drawn += scenarios(attempt)
            close(attempt)

        assert len(set(drawn)) == len(drawn) == count

    def test_a_mock_that_was_closed_unread_is_used_up_too(self, candidate: User) -> None:
        """Its result page explains every item, read or not."""
        first = start(candidate)
        close(first)

        assert not scenarios(first) & scenarios(start(candidate))

    def test_open_mock_keeps_its_items_out_of_the_other_draws(self, candidate: User) -> None:
        mock = start(candidate)

        assert not scenarios(mock) & scenarios(start(candidate, f"{OLDER}-mini"))


@pytest.mark.usefixtures("bank")
class TestPracticePool:
    def drawable(self, person: User, mode: str = "practice") -> set[int]:
        """Return the scenarios that practice or a drill could bring up."""
        found = candidates(owner=Owner(user_id=person.pk), blueprint=blueprint(f"{OLDER}-{mode}"), focus=None)
        versions = [candidate.version_id for candidate in found]
        return set(ScenarioVersion.objects.filter(pk__in=versions).values_list("scenario", flat=True))

    def test_takes_in_what_was_seen_in_a_closed_mock_and_nothing_else_of_it(self, candidate: User) -> None:
        mock = start(candidate)
        seen = list(mock.items.order_by("position")[:3])
        for item in seen:
            mark_seen(item=item, now=NOW)
        close(mock)

        of_practice_pool = set(Placement.objects.filter(pool="practice").values_list("scenario", flat=True))
        for mode in ("practice", "drill"):
            assert self.drawable(candidate, mode) == of_practice_pool | {item.version.scenario_id for item in seen}
        assert self.drawable(candidate, "sample") == of_practice_pool

    def test_knows_nothing_of_an_open_mock(self, candidate: User) -> None:
        mock = start(candidate)
        for item in mock.items.all():
            mark_seen(item=item, now=NOW)

        assert not self.drawable(candidate) & scenarios(mock)

    def test_never_takes_in_the_sealed_form(self, candidate: User) -> None:
        sealed = start(candidate, f"{OLDER}-sealed")
        for item in sealed.items.all():
            mark_seen(item=item, now=NOW)
        close(sealed)

        assert not self.drawable(candidate) & scenarios(sealed)

    def test_is_each_persons_own(self, candidate: User, stranger: User) -> None:
        mock = start(stranger)
        for item in mock.items.all():
            mark_seen(item=item, now=NOW)
        close(mock)

        assert not self.drawable(candidate) & scenarios(mock)


@pytest.mark.usefixtures("bank")
class TestSealedForm:
    def test_is_sat_once(self, candidate: User, stranger: User) -> None:
        sealed = start(candidate, f"{NEWER}-sealed")
        assert start(candidate, f"{NEWER}-sealed").pk == sealed.pk
        close(sealed)

        with pytest.raises(AlreadySat) as refused:
            start(candidate, f"{NEWER}-sealed")

        assert refused.value.attempt == sealed
        assert start(stranger, f"{NEWER}-sealed").pk != sealed.pk

    def test_of_two_exams_with_the_same_items_is_one(self, candidate: User) -> None:
        close(start(candidate, f"{NEWER}-sealed"))

        with pytest.raises(AlreadySat):
            start(candidate, f"{OLDER}-sealed")

    def test_open_in_one_exam_is_not_started_in_the_other(self, candidate_client: Client) -> None:
        room = begin(candidate_client, f"{NEWER}-sealed")

        page = candidate_client.post(f"/start/{OLDER}/{OLDER}-sealed/").content.decode()

        assert "You are sitting the sealed mock now." in page
        assert room.address("item", 1) in page

    def test_is_refused_with_words_and_a_way_to_the_result(self, candidate_client: Client) -> None:
        room = begin(candidate_client, f"{NEWER}-sealed")
        room.submit()
        address = f"/start/{NEWER}/{NEWER}-sealed/"

        response = candidate_client.post(address)

        assert_status(response, 409)
        for page in (response.content.decode(), candidate_client.get(address).content.decode()):
            assert "You have sat the sealed mock." in page
            assert room.address("result") in page
            assert "minutes from now" not in page
        offers = candidate_client.get(f"/start/{NEWER}/").content.decode()
        assert "You sat it: see the result" in offers
        assert f'href="{address}">Choose' not in offers

    def test_is_announced_as_once_and_for_the_end(self, candidate_client: Client) -> None:
        assert "You can sit it once." in candidate_client.get(f"/start/{NEWER}/{NEWER}-sealed/").content.decode()
        assert "Keep it for the end" in candidate_client.get(f"/start/{NEWER}/").content.decode()


@pytest.mark.usefixtures("bank")
class TestFreshLeft:
    def test_counts_forms_and_items_by_person(self, candidate: User, stranger: User) -> None:
        """Domain 1 has eight items of which a mock takes three; twenty-four items are three mocks of eight."""
        assert left(candidate, OLDER) == FreshLeft(mocks=2, practice_items=24)
        assert left(candidate, NEWER) == FreshLeft(mocks=2, practice_items=18)

        close(start(candidate))
        practice = start(candidate, f"{OLDER}-practice")
        mark_seen(item=practice.items.all()[0], now=NOW)

        assert left(candidate, OLDER) == FreshLeft(mocks=1, practice_items=23)
        assert left(stranger, OLDER) == FreshLeft(mocks=2, practice_items=24)

    def test_promise_is_kept(self, candidate: User) -> None:
        drawn: list[int] = []
        for expected in (2, 1, 0):
            assert left(candidate, OLDER).mocks == expected
            if expected:
                attempt = start(candidate)
                drawn += scenarios(attempt)
                close(attempt)

        assert len(set(drawn)) == len(drawn)

    def test_costs_one_statement(self, candidate: User) -> None:
        blueprints = list(ExamBlueprint.objects.filter(exam_version__slug=OLDER))
        weights = {"1": Decimal(50), "2": Decimal(30), "3": Decimal(20)}

        with at_most_queries(1):
            fresh_left(
                owner=Owner(user_id=candidate.pk),
                exam_version_id=blueprints[0].exam_version_id,
                blueprints=blueprints,
                weights=weights,
            )

    @pytest.mark.parametrize("address", [f"/start/{NEWER}/", "/dashboard/"])
    def test_stands_where_a_student_starts(self, address: str, candidate_client: Client) -> None:
        page = " ".join(candidate_client.get(address).content.decode().split())

        assert "Fresh left:</strong> 2 mocks, 18 practice items" in page

    def test_is_nothing_for_visitors(self, client: Client) -> None:
        page = client.get(f"/start/{NEWER}/").content.decode()

        assert "Fresh left" not in page
        assert "Drill" not in page


@pytest.mark.usefixtures("bank")
class TestQuickRound:
    def test_is_one_click_and_goes_on_elsewhere(self, candidate: User, candidate_client: Client) -> None:
        page = candidate_client.get("/dashboard/").content.decode()
        assert "5 questions, about 6 minutes" in page
        room = begin(candidate_client, f"{NEWER}-practice")
        for position in (1, 2):
            item = room.attempt.items.select_related("version").get(position=position)
            room.save(position, right_response(item))
        other_device = Client()
        other_device.force_login(candidate, backend="django.contrib.auth.backends.ModelBackend")

        response = other_device.post(f"/start/{NEWER}/{NEWER}-practice/")

        assert response["Location"] == room.address("item", 3)

    def test_a_round_without_a_blank_opens_at_its_first_item(self, candidate_client: Client) -> None:
        room = begin(candidate_client, f"{NEWER}-practice")
        for item in room.attempt.items.select_related("version"):
            room.save(item.position, right_response(item))

        response = candidate_client.post(f"/start/{NEWER}/{NEWER}-practice/")

        assert response["Location"] == room.address("item", 1)


def test_a_drill_cannot_be_started_without_a_focus(bank: None, candidate_client: Client) -> None:
    assert_status(candidate_client.post(reverse("exams:confirm", args=[NEWER, f"{NEWER}-drill"])), 404)


@pytest.fixture(scope="module")
def shipped() -> Bank:
    """Give the bank that is shipped, as its files have it."""
    return read_bank(SHIPPED)


def mocks() -> list[BlueprintEntry]:
    return [entry for entry in read_blueprints(SHIPPED) if (entry.mode, entry.pool) == ("mock", "mock")]


@pytest.mark.parametrize("mock", mocks(), ids=lambda entry: entry.id)
def test_mocks_of_the_shipped_bank_share_no_item_as_long_as_there_are_unseen_ones(
    mock: BlueprintEntry, shipped: Bank
) -> None:
    version = next(version for version in shipped.certification.versions if version.id == mock.exam)
    weights = {topic.code: Decimal(topic.weight or 0) for topic in version.topics if "." not in topic.code}
    counts = {"scored_count": mock.scored_count, "unscored_count": mock.unscored_count}
    pool = [
        Candidate(number, item.placements[mock.exam].split(".")[0], 4, 0, item.case.id if item.case else "", item.id)
        for number, item in enumerate(shipped.items)
        if mock.exam in item.placements and item.pool == "mock" and item.kind in mock.kinds
    ]
    promised = forms_left(unseen=Counter(c.domain for c in pool), weights=weights, **counts)
    assert promised >= 2
    for seed in range(20):
        fresh = pool
        for number in range(promised):
            form = draw_form(candidates=fresh, weights=weights, seed=100 * seed + number, **counts)
            used = {item.version_id for item in form}
            of_domain = {candidate.version_id: candidate.domain for candidate in fresh}
            scored = Counter(of_domain[item.version_id] for item in form if item.is_scored)
            assert scored == Counter(apportion(weights, mock.scored_count))
            fresh = [candidate for candidate in fresh if candidate.version_id not in used]


def test_shipped_blueprints_offer_every_mode_for_every_exam(shipped: Bank) -> None:
    offered = {(entry.exam, entry.mode, entry.pool) for entry in read_blueprints(SHIPPED)}

    ways = [
        ("mock", "mock"), ("mini", "mock"), ("mock", "sealed"),
        ("practice", "practice"), ("drill", "practice"), ("sample", "practice"),
    ]  # fmt: skip
    assert offered == {(version.id, *way) for version in shipped.certification.versions for way in ways}
