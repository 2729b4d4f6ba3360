"""Writing through the browser's requests: what becomes of what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from questions.models import Scenario, ScenarioVersion
from tests.questions.pages import ADD, LIST, OF_KIND, FormReader, form_of, new_item, page_of, text_of

pytestmark = pytest.mark.usefixtures("bank")


class TestWriting:
    def test_an_instructor_writes_and_publishes_an_item_on_one_page(self, author_client: Client) -> None:
        response = author_client.post(ADD, new_item(_publish=""))
        scenario = Scenario.objects.get(slug="fresh-item")
        assert response.headers["Location"] == f"{LIST}{scenario.pk}/change/"
        assert scenario.state == Scenario.State.PUBLISHED
        version = scenario.versions.get()
        assert version.published_at is not None
        assert "<strong>at the lowest cost</strong>" in version.stem_html
        assert version.rules.get().accepted == [[2]]
        assert [option.position for option in version.options.all()] == [1, 2, 3, 4]
        assert [str(place) for place in scenario.placements.all()] == ["DEMO-1 1.1"]
        assert scenario.sources.get().title == "Guide"
        assert "published" in text_of(author_client.get(response.headers["Location"]))

    def test_an_unfinished_item_is_saved_as_a_draft_and_not_published(self, author_client: Client) -> None:
        response = author_client.post(ADD, new_item(_publish="", stem="", **{"placement-demo-1": ""}), follow=True)
        scenario = Scenario.objects.get(slug="fresh-item")
        assert scenario.state == Scenario.State.DRAFT
        text = text_of(response)
        assert "not published" in text
        assert "stem: is missing" in text
        assert "placements: is missing" in text

    def test_save_and_preview_leads_to_the_preview(self, author_client: Client) -> None:
        response = author_client.post(ADD, new_item(_preview=""))
        assert response.headers["Location"].endswith("/preview/")

    @pytest.mark.parametrize("kind", OF_KIND)
    def test_saving_what_the_page_shows_changes_nothing(self, author_client: Client, kind: str) -> None:
        address = page_of(kind)
        before = list(ScenarioVersion.objects.values_list("pk", flat=True))
        response = author_client.post(address, {**form_of(author_client, address), "_save": ""}, follow=True)
        assert "unchanged" in text_of(response)
        assert list(ScenarioVersion.objects.values_list("pk", flat=True)) == before

    def test_editing_a_published_item_makes_a_draft_and_publishing_it_the_next_version(
        self, author_client: Client
    ) -> None:
        address = page_of("single")
        form = form_of(author_client, address)
        author_client.post(address, {**form, "learning_point": "Remember the other.", "_save": ""})
        scenario = Scenario.objects.get(slug=OF_KIND["single"])
        assert scenario.published_version == scenario.versions.get(number=1)
        assert scenario.versions.get(number=2).published_at is None
        author_client.post(address, {**form_of(author_client, address), "_publish": ""})
        scenario.refresh_from_db()
        assert scenario.published_version == scenario.versions.get(number=2)
        assert "Remember the other." not in scenario.versions.get(number=1).learning_point
        assert scenario.versions.count() == 2

    def test_an_option_left_out_shifts_the_key_with_it(self, author_client: Client) -> None:
        author_client.post(ADD, new_item(_save="", **{"option-0-DELETE": "on"}))
        version = Scenario.objects.get(slug="fresh-item").versions.get()
        assert [o.text for o in version.options.all()] == ["way 1", "way 2", "way 3"]
        assert version.rules.get().accepted == [[1]]

    def test_a_matching_item_keeps_its_answers_by_number(self, author_client: Client) -> None:
        changes: dict[str, Any] = {"kind": "matching", "prompt-TOTAL_FORMS": "3", "_save": ""}
        for n, answer in enumerate((3, 1, 4)):
            changes |= {f"prompt-{n}-text": f"row {n}", f"prompt-{n}-answer": answer}
        author_client.post(ADD, new_item(**changes, **{"option-0-DELETE": "on"}))
        version = Scenario.objects.get(slug="fresh-item").versions.get()
        assert version.rules.get().accepted == [[2, 0, 3]]

    def test_the_trail_says_who_did_what(self, author_client: Client, author: User) -> None:
        author_client.post(ADD, new_item(_publish=""))
        scenario = Scenario.objects.get(slug="fresh-item")
        said = [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=scenario.pk, user=author)]
        assert sorted(said) == ["Published version 1.", "Written."]
        assert author_client.get(f"{LIST}{scenario.pk}/history/").status_code == 200


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"slug": "Not An Id"}, "Lower-case words joined by hyphens"),
            ({"slug": "hush-1"}, "Another scenario has this id"),
            ({"services": ["north", "west"]}, "Unknown: west."),
            ({"option-0-about": "west"}, "Unknown: west."),
            ({"option-0-misconception": "unheard-of"}, "Unknown: unheard-of."),
            ({"decision": "x" * 301}, "at most 300 characters"),
            ({"source-0-address": "http://docs.example.com/x"}, "starts with https://"),
            ({"source-0-address": "https://docs.example.com/new"}, "needs a title and the day"),
            ({"kind": "ordering", "option-0-position": "1", "option-1-position": "1"}, "Two steps have the same place"),
            ({"placement-demo-1": "9.9"}, "not one of the available choices"),
        ],
        ids=range(10),
    )
    def test_it_is_said_at_the_field_and_nothing_is_lost(
        self, author_client: Client, change: dict[str, Any], message: str
    ) -> None:
        response = author_client.post(ADD, new_item(_save="", **change))
        text = text_of(response)
        assert response.status_code == 200
        assert message in text
        assert "Nothing was saved yet" in text
        assert "A team works **at the lowest cost**" in text
        assert "because of reason 3" in text
        assert not Scenario.objects.filter(slug="fresh-item").exists()

    def test_a_live_item_cannot_lose_its_last_placement(self, author_client: Client) -> None:
        address = page_of("single")
        form = form_of(author_client, address) | {"placement-demo-1": "", "placement-demo-2": "", "_save": ""}
        assert "needs at least one" in text_of(author_client.post(address, form))
        assert Scenario.objects.get(slug=OF_KIND["single"]).placements.count() == 2

    def test_somebody_else_saved_first(self, author_client: Client) -> None:
        address = page_of("single")
        first, second = form_of(author_client, address), form_of(author_client, address)
        author_client.post(address, {**first, "learning_point": "Mine.", "_save": ""})
        response = author_client.post(address, {**second, "learning_point": "Yours.", "_save": ""})
        text = text_of(response)
        assert "Somebody else saved this scenario" in text
        assert "Yours." in text
        reader = FormReader()
        reader.feed(response.content.decode())
        assert Scenario.objects.get(slug=OF_KIND["single"]).versions.get(number=2).learning_point == "Mine."
        author_client.post(address, {**second, "seen": reader.fields["seen"], "learning_point": "Yours.", "_save": ""})
        assert Scenario.objects.get(slug=OF_KIND["single"]).versions.get(number=2).learning_point == "Yours."

    def test_checking_saves_nothing_and_htmx_gets_the_side_only(self, author_client: Client) -> None:
        response = author_client.post(ADD, new_item(_check="1", stem="No question."), headers={"HX-Target": "side"})
        text = text_of(response)
        assert text.lstrip().startswith("<aside")
        assert "end with one direct question" in text
        assert not Scenario.objects.filter(slug="fresh-item").exists()
