"""The administration's other pages: who may do what, lists, previews."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from questions.models import Scenario, ScenarioVersion
from tests.cast import client_of
from tests.questions.pages import ADD, LIST, OF_KIND, form_of, new_item, page_of, text_of

pytestmark = pytest.mark.usefixtures("bank")


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
        of_other_apps = {right for right in rights if not right.startswith("questions.")}
        assert of_other_apps == {"exams.view_problemreport", "exams.change_problemreport"}
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
