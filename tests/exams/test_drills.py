"""Drills: a few items about one thing, from the practice pool, explained one by one."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from exams.closing import close_attempt
from exams.focus import Focus, FocusKind, UnknownFocus, focus_words, read_focus
from exams.marking import mark_seen
from exams.models import Attempt, AttemptItem
from exams.panels import drill_panel
from exams.starting import CannotStart
from questions.models import Placement, Scenario, Service
from tests.asserts import assert_status, at_most_queries
from tests.cast import log_in
from tests.exams.room import Room
from tests.factories import MISCONCEPTION, NEWER, NOW, OLDER, Pen, item_at, right_response, start, wrong_response

DRILL = f"/drills/{OLDER}/"
MISSED, FLAGGED = Focus(FocusKind.MISSED), Focus(FocusKind.FLAGGED)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)


def drill(person: User, focus: Focus, *, now: dt.datetime = NOW) -> Attempt:
    return start(person, f"{OLDER}-drill", focus=focus, now=now)


def scenarios(attempt: Attempt) -> set[int]:
    return set(attempt.items.values_list("version__scenario", flat=True))


def see_all(attempt: Attempt, *, is_right: Callable[[AttemptItem], bool], now: dt.datetime = NOW) -> None:
    """Open and answer every item, and submit."""
    pen = Pen(attempt)
    for item in attempt.items.select_related("version"):
        mark_seen(item=item, now=now)
        pen.save(item.position, right_response(item) if is_right(item) else wrong_response(item), now=now)
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=now)


class TestFocus:
    @given(st.sampled_from(FocusKind), slugs)
    def test_is_read_as_it_was_written(self, kind: FocusKind, value: str) -> None:
        focus = Focus(kind, value if kind.takes_value else "")

        assert read_focus(str(focus)) == focus
        assert len(str(focus)) <= 200

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "topic",
            "topic:",
            "missed:1",
            "colour:red",
            "topic:1.2:3",
            "service:A",
            "topic:1..2",
            "service:" + 99 * "a",
        ],
    )
    def test_of_another_shape_is_unknown(self, text: str) -> None:
        with pytest.raises(UnknownFocus):
            read_focus(text)

    @given(st.text(max_size=20))
    def test_whatever_is_posted_is_read_or_unknown(self, text: str) -> None:
        with contextlib.suppress(UnknownFocus):
            assert str(read_focus(text)) == text

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("topic:1.2", "topic 1.2"),
            ("confusion:streams-or-hoses", "streams or hoses"),
            ("service:object-store", "object store"),
            ("missed", "what you missed"),
            ("flagged", "what you flagged"),
        ],
    )
    def test_has_words_for_people(self, text: str, words: str) -> None:
        assert focus_words(text) == words


@pytest.mark.usefixtures("bank")
class TestDraw:
    @pytest.mark.parametrize("code", ["2", "2.1"])
    def test_topic_takes_a_domain_or_a_task(self, code: str, candidate: User) -> None:
        attempt = drill(candidate, Focus(FocusKind.TOPIC, code))

        placements = Placement.objects.filter(scenario__in=scenarios(attempt), exam_version__slug=OLDER)
        assert set(placements.values_list("topic__code", "pool")) == {("2.1", "practice")}
        assert attempt.items.count() == 5
        assert (attempt.deadline, attempt.focus) == (None, f"topic:{code}")
        assert attempt.blueprint.reveals_on_check

    def test_service_takes_what_teaches_it(self, candidate: User) -> None:
        chosen = set(Scenario.objects.filter(placements__pool="practice").distinct()[:3])
        lone = Service.objects.create(slug="lone", name="Lone", kind="service", summary="Alone.")
        for scenario in chosen:
            scenario.services.add(lone)

        attempt = drill(candidate, Focus(FocusKind.SERVICE, "lone"))

        assert scenarios(attempt) == {scenario.pk for scenario in chosen}

    def test_confusion_takes_what_offers_it(self, candidate: User) -> None:
        attempt = drill(candidate, Focus(FocusKind.CONFUSION, MISCONCEPTION))

        with_it = Scenario.objects.filter(published_version__options__misconception__slug=MISCONCEPTION)
        assert scenarios(attempt) <= set(with_it.values_list("pk", flat=True))
        assert attempt.items.count() == 5

    def test_missed_takes_what_was_wrong_the_last_time(self, candidate: User) -> None:
        practice = start(candidate, f"{OLDER}-practice")
        missed = {item.version.scenario_id for item in practice.items.select_related("version") if item.position <= 2}
        see_all(practice, is_right=lambda item: item.position > 2)

        first = drill(candidate, MISSED, now=NOW + dt.timedelta(hours=1))
        assert scenarios(first) == missed

        see_all(first, is_right=lambda item: item.position == 1, now=NOW + dt.timedelta(hours=2))
        still = {item_at(first, 2).version.scenario_id}
        assert scenarios(drill(candidate, MISSED, now=NOW + dt.timedelta(hours=3))) == still

    def test_missed_takes_in_what_was_missed_in_a_closed_mock(self, candidate: User) -> None:
        mock = start(candidate)
        see_all(mock, is_right=lambda item: item.position != 3)

        assert scenarios(drill(candidate, MISSED)) == {item_at(mock, 3).version.scenario_id}

    def test_flagged_takes_what_was_flagged_the_last_time(self, candidate: User) -> None:
        practice = start(candidate, f"{OLDER}-practice")
        practice.items.filter(position__in=[1, 4]).update(is_flagged=True)
        see_all(practice, is_right=lambda item: True)

        first = drill(candidate, FLAGGED, now=NOW + dt.timedelta(hours=1))
        assert scenarios(first) == {item_at(practice, n).version.scenario_id for n in (1, 4)}

        see_all(first, is_right=lambda item: True, now=NOW + dt.timedelta(hours=2))
        with pytest.raises(CannotStart):
            drill(candidate, FLAGGED, now=NOW + dt.timedelta(hours=3))

    def test_takes_unseen_then_missed_then_right(self, candidate: User) -> None:
        """Domain 3 has eight practice items: two rounds of five meet all of them, the missed ones twice."""
        focus = Focus(FocusKind.TOPIC, "3")
        first = drill(candidate, focus)
        see_all(first, is_right=lambda item: item.position > 2)
        missed = {item_at(first, n).version.scenario_id for n in (1, 2)}

        second = drill(candidate, focus, now=NOW + dt.timedelta(hours=1))

        assert scenarios(second) & scenarios(first) == missed

    def test_keeps_out_what_is_open_in_a_sealed_attempt(self, candidate: User) -> None:
        practice = start(candidate, f"{OLDER}-practice")
        see_all(practice, is_right=lambda item: False)
        sample = start(candidate, f"{OLDER}-sample")

        for focus in (MISSED, Focus(FocusKind.TOPIC, "1")):
            assert not scenarios(drill(candidate, focus)) & scenarios(sample)

    def test_brings_up_no_item_of_a_mock_that_was_not_sat(self, candidate: User) -> None:
        placements = Placement.objects.filter(topic__code="3.1", exam_version__slug=OLDER)
        placements.filter(pool="practice").update(pool="mock")

        with pytest.raises(CannotStart):
            drill(candidate, Focus(FocusKind.TOPIC, "3"))

    def test_each_focus_has_one_open_attempt(self, candidate: User) -> None:
        one, other = (drill(candidate, Focus(FocusKind.TOPIC, code)) for code in "12")

        assert one.pk != other.pk
        assert drill(candidate, Focus(FocusKind.TOPIC, "1")).pk == one.pk

    def test_costs_at_most_ten_statements(self, candidate: User) -> None:
        for focus in (FLAGGED, MISSED):
            with at_most_queries(10), pytest.raises(CannotStart):
                drill(candidate, focus)
        with at_most_queries(10):
            drill(candidate, Focus(FocusKind.CONFUSION, MISCONCEPTION))


@pytest.mark.usefixtures("bank")
class TestPages:
    def test_a_button_starts_it_and_goes_on_with_it(self, candidate_client: Client) -> None:
        response = candidate_client.post(DRILL, {"focus": "topic:1"})
        attempt = Attempt.objects.select_related("blueprint").get()
        assert response["Location"] == reverse("exams:item", args=[attempt.uuid, 1])
        room = Room(candidate_client, attempt)
        room.save(1, right_response(item_at(attempt)))

        again = candidate_client.post(DRILL, {"focus": "topic:1"})

        assert again["Location"] == reverse("exams:item", args=[attempt.uuid, 2])

    def test_check_reveals_and_nothing_else_does(self, candidate_client: Client) -> None:
        candidate_client.post(DRILL, {"focus": "topic:1"})
        attempt = Attempt.objects.select_related("blueprint").get()
        room = Room(candidate_client, attempt)
        assert "QUIETWORD why" not in room.page(1).content.decode()

        form = room.fields(1, right_response(item_at(attempt)))
        candidate_client.post(room.address("check_answer", 1), form)

        assert "QUIETWORD why" in room.page(1).content.decode()

    @pytest.mark.parametrize(
        ("focus", "words"),
        [
            ("missed", "There is no question that you missed."),
            ("flagged", "There is no question that you flagged."),
            ("service:unheard-of", "There is no practice question about this yet: unheard of."),
        ],
    )
    def test_nothing_to_drill_is_said_in_words(self, focus: str, words: str, candidate_client: Client) -> None:
        response = candidate_client.post(DRILL, {"focus": focus})

        assert_status(response, 409)
        assert words in response.content.decode()
        assert not Attempt.objects.exists()

    @pytest.mark.parametrize("focus", ["", "colour:red", "topic", "missed:1"])
    def test_no_focus_is_not_found(self, focus: str, candidate_client: Client) -> None:
        assert_status(candidate_client.post(DRILL, {"focus": focus}), 404)

    def test_unknown_exam_and_mere_visit_lead_nowhere(self, candidate_client: Client) -> None:
        assert_status(candidate_client.post("/drills/elsewhere/", {"focus": "missed"}), 404)
        assert_status(candidate_client.get(DRILL), 405)

    def test_visitor_logs_in_first(self, client: Client) -> None:
        response = client.post(DRILL, {"focus": "topic:1"})

        assert response["Location"] == f"/account/login/?next=/start/{OLDER}/"
        assert not Attempt.objects.exists()

    def test_guest_logs_in_first(self, client: Client) -> None:
        client.post(f"/start/{OLDER}/{OLDER}-sample/")

        assert client.post(DRILL, {"focus": "topic:1"})["Location"].startswith("/account/login/")

    def test_choosing_offers_what_was_missed_flagged_and_every_topic(self, candidate_client: Client) -> None:
        page = candidate_client.get(f"/start/{OLDER}/").content.decode()

        for focus in ("missed", "flagged", "topic:1", "topic:1.1", "topic:3.1"):
            assert f'value="{focus}"' in page
        assert f'href="/start/{OLDER}/{OLDER}-drill/"' not in page

    def test_open_drills_are_told_apart_by_their_names(self, candidate: User, candidate_client: Client) -> None:
        for code in "12":
            candidate_client.post(DRILL, {"focus": f"topic:{code}"})

        page = candidate_client.get("/dashboard/").content.decode()

        assert "demo-1 drill: topic 1" in page
        assert "demo-1 drill: topic 2" in page


@pytest.mark.usefixtures("bank")
class TestComparisonPage:
    ADDRESS = f"/notes/compare/{MISCONCEPTION}/"

    def test_offers_a_drill_in_each_exam_to_students(self, candidate_client: Client) -> None:
        page = candidate_client.get(self.ADDRESS).content.decode()

        assert page.count(f'name="focus" value="confusion:{MISCONCEPTION}"') == 2
        assert page.index(f"/drills/{NEWER}/") < page.index(f"/drills/{OLDER}/")
        assert "csrfmiddlewaretoken" in page.partition("/drills/")[2].partition("</form>")[0]

    def test_offers_nothing_to_visitors(self, client: Client) -> None:
        assert "/drills/" not in client.get(self.ADDRESS).content.decode()

    def test_offers_nothing_where_there_is_no_practice_item(self, candidate_client: Client) -> None:
        Placement.objects.filter(pool="practice").update(pool="mock")

        assert "/drills/" not in candidate_client.get(self.ADDRESS).content.decode()

    def test_costs_two_statements_more_for_a_student(self, candidate: User, client: Client) -> None:
        with at_most_queries(3):
            client.get(self.ADDRESS)
        log_in(client, candidate)
        with at_most_queries(6):  # session, person, page, exams
            client.get(self.ADDRESS)

    def test_works_from_the_page(self, candidate_client: Client) -> None:
        response = candidate_client.post(f"/drills/{NEWER}/", {"focus": f"confusion:{MISCONCEPTION}"})

        assert_status(response, 302)
        assert Attempt.objects.get().items.count() == 5


@pytest.mark.usefixtures("bank")
class TestNotePage:
    @staticmethod
    def page(client: Client, slug: str = "north") -> str:
        response = client.get(f"/notes/{slug}/")
        assert_status(response, 200)
        return response.content.decode()

    def test_drill_starts_from_the_page_which_says_how_many_items_there_are(self, candidate_client: Client) -> None:
        page = self.page(candidate_client)
        items = Placement.objects.filter(pool="practice", exam_version__slug=OLDER, scenario__services__slug="north")

        assert page.count('name="focus" value="service:north"') == 2
        assert f"{items.count()} practice questions test it" in page
        candidate_client.post(DRILL, {"focus": "service:north"})
        assert Attempt.objects.get().focus == "service:north"

    def test_offers_nothing_where_items_are_sealed_or_retired(self, candidate_client: Client) -> None:
        assert "/drills/" in self.page(candidate_client)
        Placement.objects.filter(exam_version__slug=OLDER, pool="practice").update(pool="mock")
        assert self.page(candidate_client).count("/drills/") == 1
        Scenario.objects.update(state=Scenario.State.RETIRED)
        assert "/drills/" not in self.page(candidate_client)

    def test_offers_nothing_to_visitors(self, client: Client) -> None:
        assert "/drills/" not in self.page(client)

    def test_offer_costs_one_query(self, candidate: User) -> None:
        subject = Service.objects.get(slug="north")
        with at_most_queries(1):
            assert drill_panel(candidate.pk, subject) is not None
