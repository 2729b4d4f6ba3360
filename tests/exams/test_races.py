"""What two connections do at the same moment has one outcome, and nobody's acknowledged answer is lost."""

from __future__ import annotations

import pytest

from accounts.models import User
from exams.closing import close_attempt, grade_attempt, sweep
from exams.marking import check_answer
from exams.models import AnswerEvent, Attempt, AttemptItem, AttemptPick, RefusedAnswer
from exams.owners import Owner, new_guest
from exams.saving import AnswerRefused, AttemptNotFound, Refusal
from exams.signals import attempt_graded
from exams.starting import claim_guest_attempts, take_lease
from tests.cast import make_user
from tests.exams.races import Actor, Gate, uncommitted
from tests.exams.test_clock import ACCEPT_UNTIL
from tests.factories import NEWER, NOW, Pen, item_at, owner_of_attempt, right_response, start, wrong_response

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def attempt(transactional_db: None, bank: None, candidate: User) -> Attempt:
    return start(candidate)


def close(attempt: Attempt) -> bool:
    return close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)


class TestSaveAgainstClose:
    def test_close_waits_for_a_save_in_flight_and_grades_it(self, attempt: Attempt) -> None:
        with uncommitted():
            Pen(attempt).save(1, right_response(item_at(attempt)))
            closing = Actor(lambda: close(attempt))
            closing.wait_until_blocked()

        assert closing.result()
        item = item_at(attempt)
        assert item.outcome == AttemptItem.Outcome.CORRECT
        assert AttemptPick.objects.filter(item=item).count() == len(item.response)

    def test_save_waits_for_a_close_in_flight_and_is_not_acknowledged(self, attempt: Attempt) -> None:
        with uncommitted():
            close(attempt)
            saving = Actor(lambda: Pen(attempt).save(1, right_response(item_at(attempt))))
            saving.wait_until_blocked()

        with pytest.raises(AnswerRefused) as refused:
            saving.result()
        assert refused.value.refusal is Refusal.CLOSED
        assert item_at(attempt).response == []
        assert not AnswerEvent.objects.exists()
        assert RefusedAnswer.objects.count() == 1

    def test_save_between_closing_and_grading_changes_nothing_that_is_graded(self, attempt: Attempt) -> None:
        gate = Gate('SELECT "exams_attempt"."id"')  # the first statement of grading
        closing = Actor(gate.before(lambda: close(attempt)))
        gate.wait_until_reached()

        with pytest.raises(AnswerRefused):
            Pen(attempt).save(1, right_response(item_at(attempt)))
        gate.open()

        assert closing.result()
        assert item_at(attempt).outcome == AttemptItem.Outcome.WRONG


class TestClosers:
    def test_one_of_two_closers_wins(self, attempt: Attempt) -> None:
        with uncommitted():
            first = close(attempt)
            second = Actor(lambda: close(attempt))
            second.wait_until_blocked()

        assert (first, second.result()) == (True, False)

    def test_sweep_that_comes_second_leaves_closer_and_time_alone(self, attempt: Attempt) -> None:
        with uncommitted():
            close(attempt)
            sweeping = Actor(lambda: sweep(now=ACCEPT_UNTIL))
            sweeping.wait_until_blocked()

        sweeping.result()
        attempt.refresh_from_db()
        assert (attempt.closed_by, attempt.closed_at) == (Attempt.Closer.STUDENT, NOW)

    def test_two_graders_grade_and_announce_once(self, attempt: Attempt) -> None:
        announced: list[int] = []

        def listen(attempt_id: int, **_: object) -> None:
            announced.append(attempt_id)

        Pen(attempt).save(1, right_response(item_at(attempt)))
        Attempt.objects.filter(pk=attempt.pk).update(state=Attempt.State.CLOSED, closed_at=NOW)
        attempt_graded.connect(listen)
        try:
            with uncommitted():
                grade_attempt(attempt_id=attempt.pk, now=NOW)
                second = Actor(lambda: grade_attempt(attempt_id=attempt.pk, now=NOW))
                second.wait_until_blocked()
            second.result()
        finally:
            attempt_graded.disconnect(listen)

        assert announced == [attempt.pk]


class TestSaves:
    def test_newer_revision_wins_over_the_older_one_in_flight(self, attempt: Attempt) -> None:
        pen = Pen(attempt)
        with uncommitted():
            pen.save(1, [1], revision=1)
            newer = Actor(lambda: Pen(attempt).save(1, [2], revision=2))
            newer.wait_until_blocked()

        newer.result()
        assert (item_at(attempt).response, item_at(attempt).revision) == ([2], 2)

    def test_older_revision_loses_to_the_newer_one_in_flight(self, attempt: Attempt) -> None:
        with uncommitted():
            Pen(attempt).save(1, [2], revision=2)
            older = Actor(lambda: Pen(attempt).save(1, [1], revision=1))
            older.wait_until_blocked()

        with pytest.raises(AnswerRefused) as refused:
            older.result()
        assert refused.value.refusal is Refusal.STALE
        assert item_at(attempt).response == [2]

    def test_lease_taken_meanwhile_refuses_a_waiting_save(self, attempt: Attempt) -> None:
        with uncommitted():
            take_lease(attempt=Attempt.objects.get(pk=attempt.pk))
            saving = Actor(lambda: Pen(attempt).save(1, [1]))
            saving.wait_until_blocked()

        with pytest.raises(AnswerRefused) as refused:
            saving.result()
        assert refused.value.refusal is Refusal.ELSEWHERE
        assert item_at(attempt).response == []

    def test_two_items_of_one_attempt_save_side_by_side(self, attempt: Attempt) -> None:
        with uncommitted():
            Pen(attempt).save(1, [1])

            Actor(lambda: Pen(attempt).save(2, [1])).result()  # would never end if it had to wait

    def test_save_waiting_for_a_check_is_refused(self, transactional_db: None, bank: None, candidate: User) -> None:
        practice = start(candidate, f"{NEWER}-practice")
        Pen(practice).save(1, wrong_response(item_at(practice)))
        with uncommitted():
            check_answer(owner=owner_of_attempt(practice), attempt_uuid=practice.uuid, position=1, now=NOW)
            saving = Actor(lambda: Pen(practice, revision=5).save(1, right_response(item_at(practice))))
            saving.wait_until_blocked()

        with pytest.raises(AnswerRefused) as refused:
            saving.result()
        assert refused.value.refusal is Refusal.CHECKED
        assert item_at(practice).outcome == AttemptItem.Outcome.WRONG


class TestStarts:
    @pytest.mark.parametrize("who", ["user", "guest"])
    def test_two_starts_give_one_attempt_to_both(
        self, who: str, transactional_db: None, bank: None, candidate: User
    ) -> None:
        owner = Owner(user_id=candidate.pk) if who == "user" else new_guest()[0]
        slug = f"{NEWER}-sample"
        with uncommitted():
            first = start(owner, slug)
            second = Actor(lambda: start(owner, slug))
            second.wait_until_blocked()

        other = second.result()
        assert other.uuid == first.uuid
        assert other.epoch == first.epoch + 1
        assert Attempt.objects.count() == 1
        assert AttemptItem.objects.count() == 4

    def test_starts_of_different_people_do_not_wait_for_one_another(
        self, transactional_db: None, bank: None, candidate: User, stranger: User
    ) -> None:
        with uncommitted():
            start(candidate)

            Actor(lambda: start(stranger)).result()

        assert Attempt.objects.count() == 2


class TestClaims:
    @pytest.fixture
    def guest(self, transactional_db: None, bank: None) -> Owner:
        return new_guest()[0]

    @staticmethod
    def claim(guest: Owner, user: User) -> int:
        assert guest.guest_token_hash is not None
        return claim_guest_attempts(guest_token_hash=guest.guest_token_hash, user_id=user.pk, now=NOW)

    def test_one_of_two_claims_gets_the_attempt(self, guest: Owner, candidate: User) -> None:
        attempt, rival = start(guest, f"{NEWER}-sample"), make_user("rival")
        with uncommitted():
            first = self.claim(guest, candidate)
            second = Actor(lambda: self.claim(guest, rival))
            second.wait_until_blocked()

        assert (first, second.result()) == (1, 0)
        attempt.refresh_from_db()
        assert (attempt.user_id, attempt.guest_token_hash) == (candidate.pk, None)

    def test_claim_waits_for_a_save_in_flight(self, guest: Owner, candidate: User) -> None:
        attempt = start(guest, f"{NEWER}-sample")
        with uncommitted():
            Pen(attempt, owner=guest).save(1, [1])
            claiming = Actor(lambda: self.claim(guest, candidate))
            claiming.wait_until_blocked()

        assert claiming.result() == 1
        assert item_at(attempt).response == [1]

    def test_save_as_guest_finds_nothing_after_the_claim_it_waited_for(self, guest: Owner, candidate: User) -> None:
        attempt = start(guest, f"{NEWER}-sample")
        with uncommitted():
            self.claim(guest, candidate)
            saving = Actor(lambda: Pen(attempt, owner=guest).save(1, [1]))
            saving.wait_until_blocked()

        with pytest.raises(AttemptNotFound):
            saving.result()
        assert item_at(attempt).response == []

    def test_claim_against_a_start_of_the_same_exam_keeps_both(self, guest: Owner, candidate: User) -> None:
        attempt = start(guest, f"{NEWER}-sample")
        with uncommitted():
            own = start(candidate, f"{NEWER}-sample")
            claiming = Actor(lambda: self.claim(guest, candidate))
            claiming.wait_until_blocked()

        assert claiming.result() == 1
        attempt.refresh_from_db()
        own.refresh_from_db()
        assert (attempt.user_id, attempt.state) == (candidate.pk, Attempt.State.GRADED)
        assert own.is_open
