"""The bank: exams and their outlines, notes, and scenarios with their versions, options and keys.

What was sat never changes: a published `ScenarioVersion` with its options and prompts is frozen (a trigger
in the database says so too), and its key is an append-only list of `ScoringRule`.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Source(models.Model):
    """An official page that statements rest on."""

    address = models.URLField(_("address"), max_length=500, unique=True)
    title = models.CharField(_("title"), max_length=300)
    checked_on = models.DateField(_("checked on"))
    was_read = models.BooleanField(_("text was read"), help_text=_("Off: only the address was checked."))

    class Meta:
        ordering = ("address",)
        verbose_name = _("source")

    def __str__(self) -> str:
        return self.title


class Certification(models.Model):
    """A family of exams, such as one vendor's certificate."""

    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(_("name"), max_length=300)
    vendor = models.CharField(_("vendor"), max_length=300)

    class Meta:
        ordering = ("slug",)
        verbose_name = _("certification")

    def __str__(self) -> str:
        return self.name


class ExamVersion(models.Model):
    """One version of a certification's exam."""

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="versions")
    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(_("name"), max_length=300)
    title = models.CharField(_("title"), max_length=300)
    status_notice = models.CharField(_("status notice"), max_length=300)
    is_current = models.BooleanField(_("current"))
    minutes_are_assumed = models.BooleanField(_("duration is an assumption"), default=False)
    guide = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-is_current", "name")
        verbose_name = _("exam version")

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """A node of an exam version's outline: a domain (with its weight), a task or a skill."""

    exam_version = models.ForeignKey(ExamVersion, on_delete=models.PROTECT, related_name="topics")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    domain = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text=_("Empty for a domain.")
    )
    task = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text=_("Empty above skills.")
    )
    same_as = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    code = models.CharField(_("code"), max_length=20)
    title = models.CharField(_("title"), max_length=300)
    weight = models.DecimalField(_("weight in per cent"), max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ("exam_version", "code")
        verbose_name = _("topic")
        constraints = [models.UniqueConstraint(fields=("exam_version", "code"), name="topic_code_unique")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Service(models.Model):
    """Notes about a service, feature, technique or concept that items name."""

    class Kind(models.TextChoices):
        SERVICE = "service", _("service")
        FEATURE = "feature", _("feature")
        TECHNIQUE = "technique", _("technique")
        CONCEPT = "concept", _("concept")

    class Lifecycle(models.TextChoices):
        CURRENT = "current", _("current")
        RENAMED = "renamed", _("renamed")
        CLOSED_TO_NEW = "closed_to_new", _("closed to new customers")
        ENDING = "ending", _("ending")
        ENDED = "ended", _("ended")

    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(_("name"), max_length=300)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    summary = models.CharField(_("summary"), max_length=300)
    notes = models.TextField(_("notes"), blank=True, help_text=_("Markdown."))
    notes_html = models.TextField(blank=True, editable=False)
    lifecycle = models.CharField(_("life cycle"), max_length=20, choices=Lifecycle, default=Lifecycle.CURRENT)
    lifecycle_notice = models.CharField(_("life-cycle notice"), max_length=300, blank=True)
    lifecycle_address = models.URLField(_("life-cycle address"), max_length=500, blank=True)
    sources = models.ManyToManyField(Source, blank=True, related_name="+")

    class Meta:
        ordering = ("name",)
        verbose_name = _("service")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page with the notes."""
        return reverse("questions:service", args=[self.slug])


class Misconception(models.Model):
    """Things that are taken for one another, and what tells them apart."""

    slug = models.SlugField(unique=True, max_length=80)
    title = models.CharField(_("title"), max_length=300)
    between = models.ManyToManyField(Service, related_name="misconceptions")
    apart = models.TextField(_("what tells them apart"), help_text=_("Markdown."))
    apart_html = models.TextField(blank=True, editable=False)
    sources = models.ManyToManyField(Source, blank=True, related_name="+")

    class Meta:
        ordering = ("title",)
        verbose_name = _("misconception")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page that compares the two."""
        return reverse("questions:misconception", args=[self.slug])


class Scenario(models.Model):
    """One scenario question through all its versions; what may change without changing what was sat."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        RETIRED = "retired", _("retired")

    class Difficulty(models.TextChoices):
        EASY = "easy", _("easy")
        MEDIUM = "medium", _("medium")
        HARD = "hard", _("hard")

    slug = models.SlugField(_("stable id"), unique=True, max_length=80)
    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="scenarios")
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT)
    difficulty = models.CharField(_("difficulty"), max_length=10, choices=Difficulty)
    case = models.SlugField(_("case"), max_length=80, blank=True, help_text=_("Items of one case are drawn together."))
    services = models.ManyToManyField(Service, blank=True, related_name="scenarios")
    sources = models.ManyToManyField(Source, blank=True, related_name="scenarios")
    published_version = models.ForeignKey(
        "ScenarioVersion", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    loaded_digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text=_("Digest of the bank file's entry as last loaded; empty: made here."),
    )

    class Meta:
        ordering = ("slug",)
        verbose_name = _("scenario")
        permissions = [("publish_scenario", "Can publish and retire scenarios")]
        constraints = [
            models.CheckConstraint(
                name="scenario_published_has_version",
                condition=~models.Q(state="published") | models.Q(published_version__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.slug


class Placement(models.Model):
    """Where a scenario stands in one exam version: its place in the outline and its pool."""

    class Pool(models.TextChoices):
        PRACTICE = "practice", _("practice")
        MOCK = "mock", _("mock")
        SEALED = "sealed", _("sealed form")

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="placements")
    exam_version = models.ForeignKey(ExamVersion, on_delete=models.PROTECT, related_name="placements")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="placements")
    pool = models.CharField(_("pool"), max_length=10, choices=Pool)

    class Meta:
        ordering = ("scenario", "exam_version")
        verbose_name = _("placement")
        constraints = [models.UniqueConstraint(fields=("scenario", "exam_version"), name="placement_once_per_exam")]

    def __str__(self) -> str:
        return f"{self.exam_version} {self.topic.code}"


class ScenarioVersion(models.Model):
    """What a student reads and answers. Frozen once published."""

    class Kind(models.TextChoices):
        SINGLE = "single", _("multiple choice")
        MULTIPLE = "multiple", _("multiple response")
        ORDERING = "ordering", _("ordering")
        MATCHING = "matching", _("matching")

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    stem = models.TextField(_("stem"), help_text=_("Markdown: a situation, then one direct question."))
    stem_html = models.TextField(editable=False)
    case_text = models.TextField(
        _("case text"), blank=True, help_text=_("Markdown; shown beside every item of its case.")
    )
    case_html = models.TextField(editable=False, blank=True)
    choose = models.PositiveSmallIntegerField(
        _("picks asked for"), editable=False, help_text=_("How many options, steps or pairs.")
    )
    decision = models.CharField(
        _("decision tested"), max_length=300, help_text=_("Such as: X or Y. Shown in the review.")
    )
    deciding_constraint = models.CharField(
        _("deciding constraint"), max_length=300, help_text=_("Words of the stem, letter by letter.")
    )
    learning_point = models.CharField(_("learning point"), max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("scenario", "number")
        verbose_name = _("scenario version")
        constraints = [models.UniqueConstraint(fields=("scenario", "number"), name="version_number_unique")]

    def __str__(self) -> str:
        return f"{self.scenario} v{self.number}"


class Option(models.Model):
    """One option of a version with its explanation; whether it is right is the scoring rule's business."""

    version = models.ForeignKey(ScenarioVersion, on_delete=models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("As written; students see them shuffled."))
    text = models.TextField(_("text"))
    text_html = models.TextField(editable=False)
    about = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    why = models.TextField(_("why it is right or wrong"))
    why_html = models.TextField(editable=False)
    tempting = models.TextField(_("what makes it tempting"), blank=True)
    tempting_html = models.TextField(editable=False, blank=True)
    misconception = models.ForeignKey(
        Misconception, on_delete=models.PROTECT, null=True, blank=True, related_name="options"
    )
    right_if = models.TextField(_("right if"), blank=True)
    right_if_html = models.TextField(editable=False, blank=True)
    name = models.SlugField(_("name"), max_length=80, blank=True, help_text=_("Matching items only."))

    class Meta:
        ordering = ("version", "position")
        verbose_name = _("option")
        constraints = [
            models.UniqueConstraint(
                fields=("version", "position"), name="option_position_unique", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self) -> str:
        return self.text


class Prompt(models.Model):
    """A row of a matching item."""

    version = models.ForeignKey(ScenarioVersion, on_delete=models.CASCADE, related_name="prompts")
    position = models.PositiveSmallIntegerField(_("position"))
    text = models.TextField(_("text"))
    text_html = models.TextField(editable=False)

    class Meta:
        ordering = ("version", "position")
        verbose_name = _("prompt")
        constraints = [
            models.UniqueConstraint(
                fields=("version", "position"), name="prompt_position_unique", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self) -> str:
        return self.text


class ScoringRule(models.Model):
    """The key of a version; append-only, the highest number counts.

    `accepted` is a list of responses in the shape of `questions.responses`; any of them earns the mark.
    A void rule gives the mark to everyone.
    """

    class Reason(models.TextChoices):
        INITIAL = "initial", _("initial")
        REKEY = "rekey", _("key corrected")
        ACCEPT_SEVERAL = "accept_several", _("several accepted")
        VOID = "void", _("void")

    version = models.ForeignKey(ScenarioVersion, on_delete=models.CASCADE, related_name="rules")
    number = models.PositiveSmallIntegerField(_("number"))
    accepted = models.JSONField(_("accepted responses"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, default=Reason.INITIAL)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("version", "number")
        verbose_name = _("scoring rule")
        constraints = [models.UniqueConstraint(fields=("version", "number"), name="rule_number_unique")]

    def __str__(self) -> str:
        return f"{self.version} rule {self.number}"
