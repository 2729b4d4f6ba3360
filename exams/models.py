"""Attempts: what was drawn, what was answered, what came of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.clock import about_minutes
from exams.focus import focus_words
from questions.models import ExamVersion, Option, Placement, Prompt, ScenarioVersion, ScoringRule

# A sitting that takes case studies has this beside its kinds of item; a case groups items of any kind.
CASE = "case"


class ExamBlueprint(models.Model):
    """How one kind of sitting of an exam version is made up, timed and scored."""

    class Mode(models.TextChoices):
        MOCK = "mock", _("full mock")
        SAMPLE = "sample", _("sample")
        MINI = "mini", _("mini mock")
        PRACTICE = "practice", _("practice")
        DRILL = "drill", _("drill")

    exam_version = models.ForeignKey(ExamVersion, on_delete=models.PROTECT, related_name="blueprints")
    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(_("name"), max_length=300)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode)
    pool = models.CharField(_("pool"), max_length=10, choices=Placement.Pool)
    minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True, help_text=_("Empty: untimed."))
    grace_seconds = models.PositiveIntegerField(_("grace in seconds"), default=30)
    scored_count = models.PositiveIntegerField(_("scored items"))
    unscored_count = models.PositiveIntegerField(_("unscored items"), default=0)
    kinds = ArrayField(
        models.CharField(max_length=10, choices=[*ScenarioVersion.Kind.choices, (CASE, _("case study"))]),
        verbose_name=_("kinds of item"),
    )
    practice_target = models.PositiveSmallIntegerField(_("practice target in per cent"))
    practice_target_reason = models.CharField(_("reason of the target"), max_length=300)
    rescoring_may_lower = models.BooleanField(_("rescoring may lower a mark"), default=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ("exam_version", "order")
        verbose_name = _("blueprint")

    def __str__(self) -> str:
        return self.name

    @property
    def item_count(self) -> int:
        """Scored and unscored items together."""
        return self.scored_count + self.unscored_count

    @property
    def about_minutes(self) -> int:
        """How long it takes, roughly: its time, or what so many questions take without a clock."""
        return self.minutes or about_minutes(questions=self.item_count)

    @property
    def takes_cases(self) -> bool:
        """Whether case studies may be drawn."""
        return CASE in self.kinds

    @property
    def is_sealed_form(self) -> bool:
        """Whether this is the form that a person sits once."""
        return self.pool == Placement.Pool.SEALED

    @property
    def reveals_on_check(self) -> bool:
        """Whether "Check answer" shows the explanation during the attempt."""
        return self.mode in REVEALING_MODES


# Attempts in these modes show explanations while they are open; all others are sealed.
REVEALING_MODES = (ExamBlueprint.Mode.PRACTICE, ExamBlueprint.Mode.DRILL)


class Attempt(models.Model):
    """One sitting, of a user or of a guest, never of both."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        GRADED = "graded", _("graded")

    class Closer(models.TextChoices):
        STUDENT = "student", _("student")
        DEADLINE = "deadline", _("deadline")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    blueprint = models.ForeignKey(ExamBlueprint, on_delete=models.PROTECT, related_name="attempts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="attempts"
    )
    guest_token_hash = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (NULL keeps guests out of the unique index)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    focus = models.CharField(
        _("focus"), max_length=200, blank=True, help_text=_("What a drill is about, such as topic:1.2; else empty.")
    )
    accommodation = models.CharField(_("extra time"), max_length=10, blank=True, help_text=_("As chosen at the start."))
    started_at = models.DateTimeField(_("started"))
    deadline = models.DateTimeField(_("deadline"), null=True, blank=True)
    accept_until = models.DateTimeField(_("answers accepted until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=10, choices=Closer, blank=True)
    graded_at = models.DateTimeField(_("graded"), null=True, blank=True)
    epoch = models.PositiveIntegerField(_("lease"), default=1)
    seed = models.BigIntegerField(_("seed"), help_text=_("For audit; the draw itself is stored."))
    scored_correct = models.PositiveSmallIntegerField(null=True, blank=True)
    scored_total = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at",)
        verbose_name = _("attempt")
        constraints = [
            models.CheckConstraint(
                name="attempt_has_one_owner",
                condition=models.Q(user__isnull=True) ^ models.Q(guest_token_hash__isnull=True),
            ),
            models.UniqueConstraint(
                fields=("user", "blueprint", "focus"),
                condition=models.Q(state="open"),
                name="attempt_open_once_per_user",
            ),
            models.UniqueConstraint(
                fields=("guest_token_hash", "blueprint"),
                condition=models.Q(state="open"),
                name="attempt_open_once_per_guest",
            ),
        ]
        indexes = [
            # The sweep looks for open attempts whose time is over, each minute.
            models.Index(fields=("accept_until",), condition=models.Q(state="open"), name="attempt_open_accept_until"),
            # ... and for closed ones that a crash left ungraded.
            models.Index(fields=("closed_at",), condition=models.Q(state="closed"), name="attempt_closed_ungraded"),
            # Guests are found by their token, and purged by age.
            models.Index(
                fields=("guest_token_hash",), condition=models.Q(guest_token_hash__isnull=False), name="attempt_guest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blueprint} {self.uuid}"

    def get_absolute_url(self) -> str:
        """The exam room while open, the result afterwards."""
        if self.state == self.State.OPEN:
            return reverse("exams:item", args=[self.uuid, 1])
        return reverse("exams:result", args=[self.uuid])

    @property
    def title(self) -> str:
        """What it is called, a drill with its focus. Reads the blueprint."""
        return f"{self.blueprint.name}: {focus_words(self.focus)}" if self.focus else self.blueprint.name

    @property
    def is_open(self) -> bool:
        """Whether the state says open; the clock may know better."""
        return self.state == self.State.OPEN


class AttemptItem(models.Model):
    """One drawn item with the stored answer. Positions of options are those of the item as written."""

    class Outcome(models.TextChoices):
        CORRECT = "correct", _("correct")
        WRONG = "wrong", _("wrong")

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    version = models.ForeignKey(ScenarioVersion, on_delete=models.PROTECT, related_name="attempt_items")
    option_order = ArrayField(
        models.PositiveSmallIntegerField(), help_text=_("Positions of the options in the order shown.")
    )
    is_scored = models.BooleanField()
    response = models.JSONField(default=list)
    epoch = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    is_flagged = models.BooleanField(default=False)
    is_guess = models.BooleanField(default=False, help_text=_('"I was guessing", beside the flag.'))
    note = models.TextField(blank=True)
    highlights = models.JSONField(default=list, help_text=_("Pairs of character positions in the text of the stem."))
    seconds_spent = models.PositiveIntegerField(
        default=0, help_text=_("As the browser counted while the item was shown.")
    )
    right_to_wrong = models.PositiveSmallIntegerField(default=0)
    wrong_to_right = models.PositiveSmallIntegerField(default=0)
    wrong_to_wrong = models.PositiveSmallIntegerField(default=0)
    struck = ArrayField(models.PositiveSmallIntegerField(), default=list)
    checked_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    rule = models.ForeignKey(ScoringRule, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("attempt", "position")
        constraints = [
            models.UniqueConstraint(fields=("attempt", "position"), name="attempt_item_position_unique"),
            models.UniqueConstraint(fields=("attempt", "version"), name="attempt_item_version_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} item {self.position}"

    @property
    def is_answered(self) -> bool:
        """Whether anything is chosen."""
        return any(self.response)


class AttemptPick(models.Model):
    """A chosen option of a graded item: one row per option, so that statistics need no JSON."""

    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="picks")
    option = models.ForeignKey(Option, on_delete=models.PROTECT, related_name="+")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, null=True, related_name="+")
    place = models.PositiveSmallIntegerField(help_text=_("Place in the response, from 1."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=("item", "place"), name="attempt_pick_place_unique")]

    def __str__(self) -> str:
        return f"{self.item_id} place {self.place}"


class AnswerEvent(models.Model):
    """An acknowledged answer; append-only, nothing points here, so it can be archived."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="events", db_index=False)
    position = models.PositiveSmallIntegerField()
    epoch = models.PositiveIntegerField()
    revision = models.PositiveIntegerField()
    idempotency_key = models.UUIDField()
    response = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Serves the look-up by attempt as well, which is why the foreign key has no index of its own.
            models.UniqueConstraint(fields=("attempt", "position", "epoch", "revision"), name="answer_event_unique"),
            models.UniqueConstraint(fields=("idempotency_key",), name="answer_event_idempotency_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} item {self.position} revision {self.epoch}.{self.revision}"


class RefusedAnswer(models.Model):
    """An answer that was not counted, kept so that it can be shown: late, closed, elsewhere or stale."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="refused_answers")
    position = models.PositiveSmallIntegerField()
    epoch = models.PositiveIntegerField()
    revision = models.PositiveIntegerField()
    idempotency_key = models.UUIDField(unique=True)
    response = models.JSONField()
    reason = models.CharField(max_length=20)
    refused_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.attempt_id} item {self.position}: {self.reason}"


class ProblemReport(models.Model):
    """A student's word that something is wrong with an item, for its authors."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SETTLED = "settled", _("settled")

    version = models.ForeignKey(ScenarioVersion, on_delete=models.CASCADE, related_name="problem_reports")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="problem_reports")
    text = models.TextField(_("what is wrong"), max_length=2000)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    reported_at = models.DateTimeField(_("reported"))
    answer = models.TextField(_("answer of the authors"), blank=True)

    class Meta:
        ordering = ("-reported_at",)
        verbose_name = _("problem report")
        constraints = [models.UniqueConstraint(fields=("version", "attempt"), name="problem_report_once_per_item")]

    def __str__(self) -> str:
        return f"{self.version}: {self.text[:60]}"
