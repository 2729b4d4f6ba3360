"""What to do next: one action, chosen from the evidence. Plain values in, no queries."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from exams.models import Attempt, ExamBlueprint
from progress.lines import DomainLine, TopicLine
from progress.mastery import Verdict
from questions.models import ExamVersion


@dataclasses.dataclass(frozen=True)
class NextStep:
    """One action with its reason. `attempt` is set when it continues an open attempt, which takes a POST.

    `practice` is set when it is a round of practice, which a POST to its address starts at once.
    """

    title: str
    reason: str
    label: str
    address: str
    attempt: Attempt | None = None
    practice: ExamBlueprint | None = None


def choose_next_step(
    *,
    exam_version: ExamVersion,
    open_attempts: Sequence[Attempt],
    domains: Sequence[DomainLine],
    blueprints: Sequence[ExamBlueprint],
) -> NextStep:
    """Return the one thing to do: finish what is open, else practise where most is to be won, else sit a mock.

    Practice goes to a weak domain, or to one with too little evidence, the heaviest in the exam first.
    """
    if open_attempts:
        return _continue(open_attempts[0])
    ordered = sorted(domains, key=lambda domain: -domain.line.loss)
    weak = next((domain.line for domain in ordered if domain.line.mastery.verdict is Verdict.WEAK), None)
    unknown = next((domain.line for domain in ordered if not domain.line.mastery.is_known), None)
    mode = ExamBlueprint.Mode.PRACTICE if weak or unknown else ExamBlueprint.Mode.MOCK
    blueprint = next((blueprint for blueprint in blueprints if blueprint.mode == mode), None)
    title, label = _invitation(mode, blueprint)
    practice = blueprint if mode == ExamBlueprint.Mode.PRACTICE else None
    return NextStep(title, _reason(weak, unknown), label, _address(exam_version, blueprint), practice=practice)


def _continue(attempt: Attempt) -> NextStep:
    return NextStep(
        title=_("Finish %(name)s") % {"name": attempt.title},
        reason=_("It is still open, and every answer you gave is stored.")
        if attempt.deadline is None
        else _("It is still open, and its clock is running."),
        label=_("Continue"),
        address=reverse("progress:dashboard"),
        attempt=attempt,
    )


def _invitation(mode: str, blueprint: ExamBlueprint | None) -> tuple[str, str]:
    if blueprint is None:
        return _("Choose what to sit next"), _("See what there is")
    if mode == ExamBlueprint.Mode.MOCK:
        return _("Sit a full mock"), _("Go to the mock")
    return _("Practise %(count)s questions") % {"count": blueprint.item_count}, _("Go to practice")


def _reason(weak: TopicLine | None, unknown: TopicLine | None) -> str:
    if weak is not None:
        return _("Domain %(code)s is %(weight)s %% of the exam, and you had %(correct)s of %(total)s right.") % {
            **_words(weak),
            "correct": weak.mastery.correct,
            "total": weak.mastery.total,
        }
    if unknown is not None:
        return _(
            "Domain %(code)s is %(weight)s %% of the exam, and %(missing)s more answers are needed to judge it."
        ) % {
            **_words(unknown),
            "missing": unknown.mastery.missing,
        }
    return _("No domain stands out as weak. A full mock shows how it holds under the clock.")


def _words(line: TopicLine) -> dict[str, object]:
    return {"code": line.topic.code, "weight": round(line.weight)}


def _address(exam_version: ExamVersion, blueprint: ExamBlueprint | None) -> str:
    if blueprint is None:
        return reverse("exams:choose_mode", args=[exam_version.slug])
    return reverse("exams:confirm", args=[exam_version.slug, blueprint.slug])
