"""Each control of the exam room: what it does, what it says, and that it holds after a reload."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.conftest import Open
from tests.browser.room import HIDE, SAVES, SHOW, Room
from tests.factories import OLDER, position_of_kind, right_response, start


@pytest.fixture
def room(open_browser: Open, candidate: User) -> Room:
    """Give a mock that was just begun."""
    return Room(open_browser(candidate), start(candidate, f"{OLDER}-mock", now=timezone.now()))


def enter(room: Room, kind: str) -> int:
    """Open the first item of a kind and return its place."""
    position = position_of_kind(room.attempt, kind)
    room.enter(position)
    return position


def said(page: Page) -> Locator:
    """Return the one place that speaks by itself."""
    return page.get_by_role("main").get_by_role("status")


def expect_pressed(button: Locator, *, on: bool) -> None:
    expect(button).to_have_attribute("aria-pressed", str(on).lower())


class TestMarks:
    @pytest.mark.parametrize(("name", "field"), [("Flag for review", "is_flagged"), ("I was guessing", "is_guess")])
    def test_flag_and_guess_go_on_and_off_and_stay(self, room: Room, name: str, field: str) -> None:
        position = enter(room, "single")
        for on in (True, False, True):
            with room.page.expect_response(re.compile("/(flag|guess)/")):
                room.button(name).click()
            expect_pressed(room.button(name), on=on)
            assert getattr(room.item(position), field) is on
        room.page.reload()
        expect_pressed(room.button(name), on=True)

    def test_a_flag_is_in_the_heading_the_title_and_the_list(self, room: Room) -> None:
        position = enter(room, "single")
        with room.page.expect_response(re.compile("/flag/")):
            room.button("Flag for review").click()
        flagged = f"Question {position} of {room.count}, flagged"
        expect(room.page.get_by_role("heading", name=flagged, exact=True)).to_be_visible()
        expect(room.page).to_have_title(re.compile(f"^{flagged} ·"))
        expect(room.page.get_by_role("link", name=f"{position} open , flagged")).to_be_visible()
        room.page.reload()
        expect(room.page).to_have_title(re.compile(f"^{flagged} ·"))

    def test_a_struck_option_can_still_be_chosen_and_stays_struck(self, room: Room) -> None:
        position = enter(room, "single")
        with room.page.expect_response(re.compile("/strike/")):
            room.button("Strike out C").click()
        with room.page.expect_response(SAVES):
            room.fields("single").nth(2).check()
        room.page.reload()
        expect(room.fields("single").nth(2)).to_be_checked()
        expect_pressed(room.button("Strike out C"), on=True)
        item = room.item(position)
        assert item.struck == item.response == [item.option_order[2]]

    def test_the_strike_button_is_no_part_of_the_label(self, room: Room) -> None:
        enter(room, "single")
        assert room.fields("single").first.evaluate("(field) => field.labels[0].querySelector('button') === null")
        room.button("Strike out A").click()
        expect(room.fields("single").first).not_to_be_checked()

    def test_a_note_is_saved_as_it_is_written(self, room: Room) -> None:
        position = enter(room, "single")
        room.page.get_by_text(re.compile("^Note")).click()
        with room.page.expect_response(re.compile("/note/")):
            room.page.get_by_label("Your note on this question").fill("lowest cost <b>rules</b> out A")
        room.expect_saved()
        assert room.item(position).note == "lowest cost <b>rules</b> out A"
        room.page.reload()
        expect(room.page.get_by_label("Your note on this question")).to_have_value("lowest cost <b>rules</b> out A")


class TestHighlights:
    """The stem says: Case N: a team needs an answer at the lowest cost. Which way is best?"""

    def select(self, room: Room, start: int, end: int) -> None:
        room.page.evaluate(
            """([start, end]) => {
              const walker = document.createTreeWalker(document.querySelector('#stem'), NodeFilter.SHOW_TEXT);
              const range = document.createRange();
              for (let place = 0; walker.nextNode(); place += walker.currentNode.length) {
                const {length} = walker.currentNode;
                if (place <= start && start < place + length) range.setStart(walker.currentNode, start - place);
                if (place < end && end <= place + length) range.setEnd(walker.currentNode, end - place);
              }
              getSelection().removeAllRanges();
              getSelection().addRange(range);
            }""",
            [start, end],
        )

    def highlight(self, room: Room, start: int, end: int, *, key: bool = False) -> None:
        self.select(room, start, end)
        with room.page.expect_response(re.compile("/highlights/")):
            room.page.keyboard.press("h") if key else room.button("Highlight").click()

    def marked(self, room: Room) -> list[str]:
        return room.page.locator("#stem mark").all_inner_texts()

    def test_selected_words_are_highlighted_and_stay(self, room: Room) -> None:
        position = enter(room, "single")
        stem = room.page.locator("#stem").inner_text()
        at = stem.index("lowest cost")
        self.highlight(room, at, at + 11)
        assert self.marked(room) == ["lowest cost"]
        self.highlight(room, 0, 4, key=True)
        assert room.item(position).highlights == [[0, 4], [at, at + 11]]
        room.page.reload()
        expect(room.page.locator("#stem mark")).to_have_text(["Case", "lowest cost"])
        assert room.page.locator("#stem").inner_text() == stem

    def test_what_is_selected_again_is_taken_off(self, room: Room) -> None:
        position = enter(room, "single")
        at = room.page.locator("#stem").inner_text().index("at the lowest cost")
        self.highlight(room, at, at + 18)
        self.highlight(room, at + 3, at + 6)
        assert self.marked(room) == ["at ", " lowest cost"]
        self.highlight(room, at, at + 6)  # not all of it is highlighted, so now it is
        assert room.item(position).highlights == [[at, at + 18]]

    def test_sentences_are_chosen_without_a_pointer(self, room: Room) -> None:
        position = enter(room, "single")
        room.button("Highlight").click()
        dialog = room.page.get_by_role("dialog", name="Highlight a sentence")
        question = dialog.get_by_label("Which way is best?")
        with room.page.expect_response(re.compile("/highlights/")):
            question.check()
        assert self.marked(room) == ["Which way is best?"]
        with room.page.expect_response(re.compile("/highlights/")):
            dialog.get_by_role("button", name="Remove all").click()
        expect(question).not_to_be_checked()
        assert self.marked(room) == []
        assert room.item(position).highlights == []
        dialog.get_by_role("button", name="Close").click()
        expect(room.button("Highlight")).to_be_focused()

    def test_they_come_back_with_the_question(self, room: Room) -> None:
        room.enter(1)
        self.highlight(room, 0, 4)
        room.button("Next").click()
        room.expect_at(2)
        assert self.marked(room) == []
        room.button("Previous").click()
        room.expect_at(1)
        assert self.marked(room) == ["Case"]


class TestMultipleResponse:
    def test_one_too_many_is_not_chosen_and_says_why(self, room: Room) -> None:
        enter(room, "multiple")
        fields = room.fields("multiple")
        for place in (0, 1):
            with room.page.expect_response(SAVES):
                fields.nth(place).check()
        fields.nth(2).click()
        expect(fields.nth(2)).not_to_be_checked()
        why = "Only 2 may be chosen: take one away, then choose C."
        expect(room.answer("multiple").get_by_text(why)).to_be_visible()
        expect(said(room.page)).to_have_text(why)
        fields.nth(0).click()
        expect(room.answer("multiple").get_by_text(why)).to_have_count(0)
        fields.nth(2).click()
        expect(fields.nth(2)).to_be_checked()


class TestOrdering:
    def letters(self, room: Room) -> list[str]:
        return [text.split()[0] for text in room.steps().all_inner_texts()]

    def use(self, room: Room, letter: str) -> None:
        with room.page.expect_response(SAVES):
            room.button(f"Use {letter}").click()

    def test_buttons_move_and_every_move_is_spoken(self, room: Room) -> None:
        position = enter(room, "ordering")
        text = room.page.locator("#option-2").inner_text()
        for letter in "ABC":
            self.use(room, letter)
        assert self.letters(room) == ["A", "B", "C"]
        room.button("Move B up").click()
        expect(said(room.page)).to_have_text(f"{text}, now place 1 of 3")
        expect(room.button("Move B up")).to_be_focused()
        expect(room.button("Move B up")).to_have_attribute("aria-disabled", "true")
        with room.page.expect_response(SAVES):
            room.button("Do not use B").click()
        expect(said(room.page)).to_have_text(f"{text}, not used")
        assert self.letters(room) == ["A", "C"]
        item = room.item(position)
        assert item.response == [item.option_order[0], item.option_order[2]]
        room.page.reload()
        assert self.letters(room) == ["A", "C"]

    def test_alt_and_the_arrows_move_the_step_with_the_focus(self, room: Room) -> None:
        enter(room, "ordering")
        page, texts = room.page, room.page.locator(".step .option-text").all_inner_texts()
        for letter in "ab":
            page.keyboard.press(letter)
            page.keyboard.press("Alt+ArrowUp")
        expect(said(page)).to_have_text(f"{texts[1]}, now place 2 of 2")
        page.keyboard.press("Alt+ArrowUp")
        expect(said(page)).to_have_text(f"{texts[1]}, now place 1 of 2")
        page.keyboard.press("Alt+ArrowDown")
        expect(said(page)).to_have_text(f"{texts[1]}, now place 2 of 2")
        expect(room.steps().nth(1)).to_be_focused()

    def test_steps_are_dragged_too(self, room: Room) -> None:
        enter(room, "ordering")
        for letter in "ABC":
            self.use(room, letter)
        grips = room.page.locator(".used .grip")
        expect(grips.first).to_be_visible()
        with room.page.expect_response(SAVES):
            grips.nth(2).drag_to(grips.nth(0), target_position={"x": 5, "y": 2})
        assert self.letters(room) == ["C", "A", "B"]
        with room.page.expect_response(SAVES):
            grips.nth(1).drag_to(room.page.locator(".unused .grip").first)
        assert self.letters(room) == ["C", "B"]

    def test_the_library_is_loaded_where_there_are_steps_alone(self, room: Room) -> None:
        asked: list[str] = []
        room.page.on("request", lambda request: asked.append(request.url))
        enter(room, "single")
        room.page.wait_for_load_state("networkidle")
        assert not any("sortable" in address for address in asked)
        enter(room, "ordering")
        expect(room.page.locator(".grip").first).to_be_visible()
        assert any("sortable" in address for address in asked)

    def test_the_lists_of_the_plain_page_are_what_is_posted(self, room: Room) -> None:
        position = enter(room, "ordering")
        room.choose(position)
        assert room.item(position).response == right_response(room.item(position))


class TestCase:
    def test_its_text_stands_beside_the_question_and_scrolls_by_key(self, room: Room) -> None:
        position = room.attempt.items.exclude(version__case_html="").order_by("position")[0].position
        room.enter(position)
        text = room.page.get_by_role("region", name="Text of the case, can be scrolled")
        question = room.answer("single")
        beside, item = text.bounding_box(), question.bounding_box()
        assert beside
        assert item
        assert beside["x"] + beside["width"] <= item["x"]
        text.focus()
        room.page.keyboard.press("End")
        expect(text.get_by_text("Paragraph 29")).to_be_in_viewport()
        room.page.set_viewport_size({"width": 360, "height": 740})
        above, item = text.bounding_box(), question.bounding_box()
        assert above
        assert item
        assert above["y"] + above["height"] <= item["y"]


class TestFocus:
    def test_it_goes_to_the_heading_and_the_title_follows(self, room: Room) -> None:
        room.enter(1)
        room.page.get_by_role("heading", name="Question 1 of").wait_for()
        for position in (2, 3):
            room.button("Next").click()
            heading = room.page.get_by_role("heading", name=f"Question {position} of {room.count}", exact=True)
            expect(heading).to_be_focused()
            expect(room.page).to_have_title(re.compile(f"^Question {position} of {room.count} ·"))

    def test_only_one_place_speaks_and_the_saved_time_is_not_in_it(self, room: Room) -> None:
        position = enter(room, "single")
        live = room.page.locator("[aria-live]:not([aria-live=off]), [role=status], [role=log]")
        expect(live).to_have_count(1)
        room.choose(position)
        room.expect_saved()
        expect(said(room.page)).to_have_text("")

    def test_at_the_deadline_it_goes_to_what_was_submitted(self, room: Room) -> None:
        position = enter(room, "single")
        room.choose(position)
        set_time_left(room, dt.timedelta(seconds=1))
        room.page.reload()
        heading = room.page.get_by_role("heading", name="Time is up, 1 answer submitted")
        expect(heading).to_be_focused()


def set_time_left(room: Room, left: dt.timedelta) -> None:
    deadline = timezone.now() + left
    Attempt.objects.filter(pk=room.attempt.pk).update(
        deadline=deadline, accept_until=deadline + dt.timedelta(seconds=30)
    )


class TestList:
    def test_filters_show_what_their_word_says(self, room: Room) -> None:
        room.enter(1)
        room.choose(1)
        room.button("Next").click()
        room.expect_at(2)
        room.button("Flag for review").click()
        entries = room.page.get_by_role("link", name=re.compile(r"^\d+ (answered|open|not seen)"))
        for word, count in (("answered", 1), ("open", 1), ("not seen", room.count - 2), ("flagged", 1), ("all", 12)):
            room.page.get_by_role("button", name=word, exact=True).click()
            expect_pressed(room.page.get_by_role("button", name=word, exact=True), on=True)
            expect(entries).to_have_count(count)
        room.page.get_by_role("button", name="answered", exact=True).click()
        room.button("Next").click()
        room.expect_at(3)
        expect(entries).to_have_count(1)

    def test_the_review_screen_filters_alike(self, room: Room) -> None:
        room.enter(1)
        room.choose(1)
        room.to_review().click()
        entries = room.page.get_by_role("main").get_by_role("listitem")
        for word, count in (("answered", 1), ("open", 0), ("not seen", room.count - 1), ("flagged", 0), ("all", 12)):
            room.page.get_by_role("radio", name=word, exact=True).check()
            expect(entries).to_have_count(count)

    def test_its_key_leads_to_it_on_a_phone_too(self, open_browser: Open, candidate: User) -> None:
        page = open_browser(candidate, phone=True)
        room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
        room.enter()
        page.keyboard.press("i")
        expect(page.get_by_role("heading", name=re.compile("^Items"))).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("heading", name=re.compile("^Items"))).to_be_hidden()


class TestTimePerItem:
    def test_seconds_in_sight_are_reported_on_leaving(self, room: Room) -> None:
        Attempt.objects.filter(pk=room.attempt.pk).update(started_at=timezone.now() - dt.timedelta(minutes=5))
        room.page.clock.install()
        room.enter(1)
        room.page.clock.run_for(70_000)
        with room.page.expect_response(re.compile("/items/1/visit/")):
            room.button("Next").click()
        room.expect_at(2)
        assert 70 <= room.item(1).seconds_spent <= 90
        with room.page.expect_response(re.compile("/items/2/visit/")):
            room.page.clock.run_for(30_000)
            room.page.evaluate(HIDE)
        assert 30 <= room.item(2).seconds_spent <= 50
        room.page.clock.run_for(60_000)  # out of sight
        room.page.evaluate(SHOW)
        room.page.clock.run_for(10_000)
        with room.page.expect_response(re.compile("/items/2/visit/")):
            room.button("Next").click()
        assert 40 <= room.item(2).seconds_spent <= 65
