"""Authoring through the browser's requests: who may do what, and what becomes of what was typed."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from questions.models import Certification, Scenario, ScenarioVersion
from tests.cast import client_of

pytestmark = pytest.mark.usefixtures("bank")
LIST = "/admin/questions/scenario/"
ADD = f"{LIST}add/"
OF_KIND = {"single": "hush-1", "multiple": "hush-2", "ordering": "hush-3", "matching": "hush-5"}


class FormReader(HTMLParser):
    """Reads what a browser would post from the form `writing`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, Any] = {}
        self.buttons: list[str] = []
        self._in_template = 0
        self._select = self._textarea = ""
        self._in_form = False

    def _put(self, name: str, value: str) -> None:
        known = self.fields.get(name)
        self.fields[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name = has.get("name") or ""
        if tag == "template":
            self._in_template += 1
        if tag == "form":
            self._in_form = has.get("id") == "writing"
        if not self._in_form or self._in_template:
            return
        if tag == "button":
            self.buttons.append(name)
        if "disabled" in has:
            return
        if tag == "input" and name and (has.get("type") != "checkbox" or "checked" in has):
            self._put(name, has.get("value") or ("on" if has.get("type") == "checkbox" else ""))
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and "selected" in has:
            self._put(self._select, has.get("value") or "")
        if tag == "textarea":
            self._textarea = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        self._in_template -= tag == "template"
        self._select = "" if tag == "select" else self._select
        self._textarea = "" if tag == "textarea" else self._textarea
        self._in_form = False if tag == "form" else self._in_form

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


def form_of(client: Client, address: str) -> dict[str, Any]:
    """Return what a browser would post unchanged."""
    response = client.get(address)
    assert response.status_code == 200
    reader = FormReader()
    reader.feed(response.content.decode())
    # A browser drops the line break right behind <textarea>.
    return {k: v.removeprefix("\n") if isinstance(v, str) else v for k, v in reader.fields.items()}


def page_of(kind: str) -> str:
    return f"{LIST}{Scenario.objects.get(slug=OF_KIND[kind]).pk}/change/"


def new_item(**changes: Any) -> dict[str, Any]:
    """Return the posted form of a complete new single item."""
    data: dict[str, Any] = {
        "slug": "fresh-item",
        "certification": Certification.objects.get().pk,
        "kind": "single",
        "difficulty": "easy",
        "pool": "mock",
        "placement-demo-1": "1.1",
        "placement-demo-2": "",
        "services": ["north", ""],
        "stem": "A team works **at the lowest cost**. Which way is best?",
        "deciding_constraint": "**at the lowest cost**",
        "decision": "North or south",
        "learning_point": "Go north.",
        "option-TOTAL_FORMS": "5",
        "option-INITIAL_FORMS": "5",
        "prompt-TOTAL_FORMS": "1",
        "prompt-INITIAL_FORMS": "1",
        "source-TOTAL_FORMS": "1",
        "source-INITIAL_FORMS": "1",
        "source-0-address": "https://docs.example.com/guide",
    }
    for n in range(4):
        data |= {
            f"option-{n}-text": f"way {n}",
            f"option-{n}-why": f"because of reason {n}",
            f"option-{n}-about": "north" if n == 1 else "south",
        }
        data |= (
            {"option-1-key": "on"}
            if n == 1
            else {f"option-{n}-tempting": "it looks quick", f"option-{n}-right_if": "speed mattered"}
        )
    return data | changes


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


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


class TestRights:
    PAGES = (LIST, ADD, "{change}", "{preview}", "/admin/questions/service/", "/admin/questions/scoringrule/")

    def address(self, path: str) -> str:
        change = page_of("single")
        return path.format(change=change, preview=change.replace("change", "preview"))

    @pytest.mark.parametrize("path", PAGES)
    def test_nobody_enters_without_a_login(self, client: Client, path: str) -> None:
        response = client.get(self.address(path), follow=True)
        assert response.redirect_chain[-1][0].startswith("/account/login/")

    @pytest.mark.parametrize("path", PAGES)
    def test_a_student_is_refused(self, candidate_client: Client, path: str) -> None:
        assert candidate_client.get(self.address(path), follow=True).status_code == 403

    def test_an_instructor_is_no_superuser_and_has_exactly_these_rights(self, author: User) -> None:
        assert not author.is_superuser
        rights = author.get_all_permissions()
        assert {right.split(".")[0] for right in rights} == {"questions"}
        deletable = {right for right in rights if ".delete_" in right}
        assert deletable <= {"questions.delete_option", "questions.delete_prompt", "questions.delete_placement"}
        assert not any("scoringrule" in r or "examversion" in r for r in rights if ".view_" not in r)

    @pytest.mark.parametrize(
        "path", ["accounts/user/", "auth/group/", "exams/attempt/", "accounts/user/add/", "exams/examblueprint/"]
    )
    def test_an_instructor_touches_no_people_and_no_attempts(self, author_client: Client, path: str) -> None:
        assert author_client.get(f"/admin/{path}").status_code == 403

    def test_nobody_deletes_a_scenario(self, author_client: Client) -> None:
        address = page_of("single").replace("change", "delete")
        boss = User.objects.create_superuser("boss@example.com", "three demo words")
        for client in (author_client, client_of(boss)):
            assert client.post(address, {"post": "yes"}).status_code == 403
            assert "Delete selected" not in text_of(client.get(LIST))
        assert Scenario.objects.filter(slug=OF_KIND["single"]).exists()

    def test_nobody_changes_a_key_by_hand(self) -> None:
        client = client_of(User.objects.create_superuser("boss@example.com", "three demo words"))
        rule = ScenarioVersion.objects.all()[0].rules.get()
        assert client.get(f"/admin/questions/scoringrule/{rule.pk}/change/").status_code == 200
        assert client.post(f"/admin/questions/scoringrule/{rule.pk}/change/", {"accepted": "[[1]]"}).status_code == 403

    def test_a_reviewer_reads_and_publishes_and_does_not_write(
        self, reviewer_client: Client, author_client: Client
    ) -> None:
        author_client.post(ADD, new_item(_save=""))
        scenario = Scenario.objects.get(slug="fresh-item")
        address = f"{LIST}{scenario.pk}/change/"
        page = text_of(reviewer_client.get(address))
        assert '<fieldset class="plain" disabled>' in page
        assert 'name="_save"' not in page
        assert reviewer_client.get(address.replace("change", "preview")).status_code == 200
        assert reviewer_client.post(address, new_item(_save="")).status_code == 403
        assert reviewer_client.get(ADD).status_code == 403
        assert reviewer_client.post(address.replace("change", "publish")).status_code == 302
        scenario.refresh_from_db()
        assert scenario.state == Scenario.State.PUBLISHED

    def test_publishing_and_retiring_need_their_right_and_a_post(self, author: User, author_client: Client) -> None:
        address = page_of("single")
        for name in ("publish", "retire"):
            assert author_client.get(address.replace("change", name)).status_code == 405
        author.groups.clear()
        for name in ("publish", "retire", "preview"):
            response = author_client.post(address.replace("change", name))
            assert response.status_code in (403, 405)
        assert Scenario.objects.get(slug=OF_KIND["single"]).state == Scenario.State.PUBLISHED


class TestLists:
    def test_the_list_says_state_findings_and_place_in_words(self, author_client: Client) -> None:
        address = page_of("single")
        form = form_of(author_client, address)
        author_client.post(address, {**form, "stem": "No question at the lowest cost.", "_save": ""})
        text = text_of(author_client.get(LIST + "?q=hush-1&draft=yes"))
        assert "published, draft of version 2" in text
        assert "1 warning" in text
        assert "DEMO-1 1.1" in text

    @pytest.mark.parametrize(
        ("query", "slug", "is_there"),
        [
            ("kind=ordering", "hush-3<", True),
            ("kind=ordering", "hush-1<", False),
            ("exam=demo-2", "hush-3<", False),
            ("pool=practice", "hush-1<", False),
            ("state__exact=retired", "hush-1<", False),
            ("q=choice+2+of+case+1", "hush-1<", True),
        ],
    )
    def test_filters_and_search(self, author_client: Client, query: str, slug: str, is_there: bool) -> None:
        response = author_client.get(f"{LIST}?{query}")
        assert response.status_code == 200
        assert (f">{slug}" in response.content.decode()) is is_there

    def test_the_outline_filter_finds_what_lies_below(self, author_client: Client) -> None:
        domain = Scenario.objects.get(slug="hush-1").placements.select_related("topic__domain")[0].topic.domain
        assert domain is not None
        text = author_client.get(f"{LIST}?task={domain.pk}").content.decode()
        assert ">hush-1<" in text

    @pytest.mark.parametrize("rows", [3, 30])
    def test_the_cost_of_a_list_does_not_grow_with_it(
        self, author_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        kept = Scenario.objects.order_by("pk").values("pk")[:rows]
        Scenario.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).update(state=Scenario.State.RETIRED)
        author_client.get(LIST)
        with django_assert_max_num_queries(34):
            text = author_client.get(f"{LIST}?state__exact=published").content.decode()
        assert len(re.findall(r'class="action-checkbox"', text)) == rows

    def test_the_cost_of_the_writing_page(
        self, author_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        address = page_of("matching")
        author_client.get(address)
        with django_assert_max_num_queries(28):
            author_client.get(address)

    def test_retiring_and_publishing_from_the_list(self, author_client: Client) -> None:
        scenario = Scenario.objects.get(slug="hush-1")
        data = {"action": "retire_scenarios", "_selected_action": [scenario.pk]}
        assert "1 scenario retired" in text_of(author_client.post(LIST, data, follow=True))
        author_client.post(ADD, new_item(_save=""))
        author_client.post(ADD, new_item(_save="", slug="no-stem", stem=""))
        drafts = [s.pk for s in Scenario.objects.filter(slug__in=("fresh-item", "no-stem"))]
        text = text_of(author_client.post(LIST, {"action": "publish_drafts", "_selected_action": drafts}, follow=True))
        assert "1 version published" in text
        assert "no-stem: " in text.lower()
        assert Scenario.objects.get(slug="fresh-item").state == Scenario.State.PUBLISHED
        assert Scenario.objects.get(slug="no-stem").state == Scenario.State.DRAFT

    def test_a_retired_scenario_is_published_again(self, author_client: Client) -> None:
        address = page_of("single")
        author_client.post(address.replace("change", "retire"))
        assert "Publish again" in text_of(author_client.get(address))
        author_client.post(address.replace("change", "publish"))
        assert Scenario.objects.get(slug="hush-1").state == Scenario.State.PUBLISHED

    @pytest.mark.parametrize(
        "path",
        ["service/", "misconception/", "source/", "certification/", "examversion/", "topic/", "scoringrule/",
         "service/add/", "misconception/add/", "source/add/"],
    )  # fmt: skip
    def test_the_other_lists_open_without_inline_script_or_style(self, author_client: Client, path: str) -> None:
        response = author_client.get(f"/admin/questions/{path}")
        assert response.status_code == 200
        assert not re.search(
            r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)[^>]*>\s*[^<\s]", response.content.decode()
        )

    def test_notes_are_rendered_when_saved(self, author_client: Client) -> None:
        data = {
            "slug": "east",
            "name": "East",
            "kind": "service",
            "summary": "The way east.",
            "lifecycle": "current",
            "notes": "**Go** <script>x</script>",
        }
        assert author_client.post("/admin/questions/service/add/", data).status_code == 302
        text = text_of(author_client.get("/notes/east/"))
        assert "<strong>Go</strong>" in text
        assert "<script>x" not in text


class TestPreview:
    def test_it_shows_the_item_and_then_its_explanations(self, author_client: Client) -> None:
        text = text_of(author_client.get(page_of("single").replace("change", "preview")))
        assert (
            text.index("choice 1 of case 1") < text.index("With its explanations") < text.index("QUIETWORD why 1 of 1")
        )

    @pytest.mark.parametrize("kind", OF_KIND)
    def test_every_kind_has_one(self, author_client: Client, kind: str) -> None:
        assert author_client.get(page_of(kind).replace("change", "preview")).status_code == 200

    def test_an_older_version_and_one_that_does_not_exist(self, author_client: Client) -> None:
        address = page_of("single").replace("change", "preview")
        assert author_client.get(f"{address}?version=1").status_code == 200
        assert author_client.get(f"{address}?version=7").status_code == 404

    def test_markup_in_any_field_does_no_harm(self, author_client: Client) -> None:
        evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
        fields = (
            "stem",
            "decision",
            "deciding_constraint",
            "learning_point",
            "option-0-text",
            "option-0-why",
            "option-0-tempting",
            "option-1-right_if",
            "source-0-title",
        )
        change = {
            **dict.fromkeys(fields, evil),
            "source-0-address": "https://docs.example.com/x",
            "source-0-checked_on": "2026-11-01",
        }
        author_client.post(ADD, new_item(_save="", **change))
        scenario = Scenario.objects.get(slug="fresh-item")
        for name in ("preview", "change"):
            html = author_client.get(f"{LIST}{scenario.pk}/{name}/").content.decode()
            assert "<script>alert" not in html
            assert "<img src=x" not in html
