"""The statements that turn one student's graded attempts into counts: sets in the database, no loop per question."""

from __future__ import annotations

# Every graded question that says something about the student. Questions the student never opened (time was up) say
# nothing and are left out; one that was opened and left blank is wrong, as the exam marks it. A void question gives
# its mark to everyone, so it says nothing either. First sight is the first time this person got the scenario, in
# whichever exam and version. A scenario placed in several exam versions counts in each of them that the student sits.
EVIDENCE = """
WITH shown AS (
    SELECT item.id AS item_id, item.version_id, version.kind, version.scenario_id, rule.accepted, attempt.graded_at,
           (item.outcome = 'correct')::int AS correct,
           row_number() OVER (
               PARTITION BY version.scenario_id ORDER BY COALESCE(item.seen_at, item.saved_at), item.id
           ) = 1 AS is_first
    FROM exams_attempt AS attempt
    JOIN exams_attemptitem AS item ON item.attempt_id = attempt.id
    JOIN questions_scenarioversion AS version ON version.id = item.version_id
    JOIN questions_scoringrule AS rule ON rule.id = item.rule_id
    WHERE attempt.user_id = %(user_id)s AND attempt.state = 'graded' AND rule.reason <> 'void'
      AND (item.seen_at IS NOT NULL OR item.saved_at IS NOT NULL)
), evidence AS (
    SELECT shown.*, placement.exam_version_id, placement.topic_id
    FROM shown JOIN questions_placement AS placement ON placement.scenario_id = shown.scenario_id
    WHERE placement.exam_version_id IN (
        SELECT blueprint.exam_version_id FROM exams_attempt AS attempt
        JOIN exams_examblueprint AS blueprint ON blueprint.id = attempt.blueprint_id
        WHERE attempt.user_id = %(user_id)s AND attempt.state = 'graded'
    )
)
"""

_COUNTS = """
count(*) FILTER (WHERE is_first), COALESCE(sum(correct) FILTER (WHERE is_first), 0),
count(*) FILTER (WHERE NOT is_first), COALESCE(sum(correct) FILTER (WHERE NOT is_first), 0)
"""

# Skills count for their task and domain, tasks for their domain.
TOPICS = f"""
INSERT INTO progress_topicresult
    (user_id, exam_version_id, topic_id, first_total, first_correct, repeat_total, repeat_correct)
{EVIDENCE}
SELECT %(user_id)s, evidence.exam_version_id, level.topic_id, {_COUNTS}
FROM evidence
JOIN questions_topic AS topic ON topic.id = evidence.topic_id
CROSS JOIN LATERAL (VALUES
    (COALESCE(topic.domain_id, topic.id)),
    (CASE WHEN topic.domain_id IS NOT NULL THEN COALESCE(topic.task_id, topic.id) END)
) AS level (topic_id)
WHERE level.topic_id IS NOT NULL
GROUP BY evidence.exam_version_id, level.topic_id
"""  # noqa: S608 (constants only)

SERVICES = f"""
INSERT INTO progress_serviceresult
    (user_id, exam_version_id, service_id, first_total, first_correct, repeat_total, repeat_correct)
{EVIDENCE}
SELECT %(user_id)s, evidence.exam_version_id, tag.service_id, {_COUNTS}
FROM evidence JOIN questions_scenario_services AS tag ON tag.scenario_id = evidence.scenario_id
GROUP BY evidence.exam_version_id, tag.service_id
"""  # noqa: S608 (constants only)

# A chance is an answered question that offered a wrong option about A, with a misconception, where an option of the
# key is about B and the misconception is between the two. Falling for it is choosing A and leaving B out: who picks
# both where two are asked for did not take one for the other.
CONFUSIONS = f"""
INSERT INTO progress_confusion (user_id, exam_version_id, misconception_id, chosen_id, right_id,
                                first_chances, first_fell, repeat_chances, repeat_fell)
{EVIDENCE}, offered AS (
    SELECT evidence.exam_version_id, evidence.item_id, evidence.is_first, option.about_id, option.misconception_id,
           evidence.accepted @> jsonb_build_array(jsonb_build_array(option.position::int)) AS is_right,
           EXISTS (
               SELECT 1 FROM exams_attemptpick AS pick
               WHERE pick.item_id = evidence.item_id AND pick.option_id = option.id
           ) AS is_chosen
    FROM evidence JOIN questions_option AS option ON option.version_id = evidence.version_id
    WHERE evidence.kind IN ('single', 'multiple') AND option.about_id IS NOT NULL
      AND EXISTS (SELECT 1 FROM exams_attemptpick AS pick WHERE pick.item_id = evidence.item_id)
), chance AS (
    SELECT wrong.exam_version_id, wrong.item_id, wrong.is_first, wrong.misconception_id,
           wrong.about_id AS chosen_id, key.about_id AS right_id,
           bool_or(wrong.is_chosen) AND NOT bool_and(key.is_chosen) AS fell
    FROM offered AS wrong
    JOIN offered AS key ON key.item_id = wrong.item_id AND key.exam_version_id = wrong.exam_version_id
        AND key.is_right AND key.about_id <> wrong.about_id
    JOIN questions_misconception_between AS pair
        ON pair.misconception_id = wrong.misconception_id AND pair.service_id = key.about_id
    WHERE NOT wrong.is_right
    GROUP BY wrong.exam_version_id, wrong.item_id, wrong.is_first, wrong.misconception_id, wrong.about_id, key.about_id
)
SELECT %(user_id)s, exam_version_id, misconception_id, chosen_id, right_id,
       count(*) FILTER (WHERE is_first), count(*) FILTER (WHERE is_first AND fell),
       count(*) FILTER (WHERE NOT is_first), count(*) FILTER (WHERE NOT is_first AND fell)
FROM chance
GROUP BY exam_version_id, misconception_id, chosen_id, right_id
"""  # noqa: S608 (constants only)

STATES = f"""
INSERT INTO progress_reportstate (user_id, exam_version_id, built_at, attempt_count, newest_graded_at,
                                  first_total, first_correct, repeat_total, repeat_correct)
{EVIDENCE}, total (exam_version_id, first_total, first_correct, repeat_total, repeat_correct) AS (
    SELECT exam_version_id, {_COUNTS} FROM evidence GROUP BY exam_version_id
), known AS (
    SELECT blueprint.exam_version_id, count(*) AS attempt_count, max(attempt.graded_at) AS newest_graded_at
    FROM exams_attempt AS attempt JOIN exams_examblueprint AS blueprint ON blueprint.id = attempt.blueprint_id
    WHERE attempt.user_id = %(user_id)s AND attempt.state = 'graded'
    GROUP BY blueprint.exam_version_id
)
SELECT %(user_id)s, known.exam_version_id, %(now)s, known.attempt_count, known.newest_graded_at,
       COALESCE(total.first_total, 0), COALESCE(total.first_correct, 0),
       COALESCE(total.repeat_total, 0), COALESCE(total.repeat_correct, 0)
FROM known LEFT JOIN total ON total.exam_version_id = known.exam_version_id
"""  # noqa: S608 (constants only)

STALE = """
SELECT DISTINCT user_id FROM (
    SELECT attempt.user_id, blueprint.exam_version_id, count(*) AS attempt_count, max(attempt.graded_at) AS newest
    FROM exams_attempt AS attempt JOIN exams_examblueprint AS blueprint ON blueprint.id = attempt.blueprint_id
    WHERE attempt.state = 'graded' AND attempt.user_id IS NOT NULL
    GROUP BY attempt.user_id, blueprint.exam_version_id
) AS known
WHERE NOT EXISTS (
    SELECT 1 FROM progress_reportstate AS report
    WHERE report.user_id = known.user_id AND report.exam_version_id = known.exam_version_id
      AND report.attempt_count = known.attempt_count AND report.newest_graded_at >= known.newest
)
ORDER BY user_id
"""

# What was graded within a week, by the same rules.
WEEK = f"""
{EVIDENCE}
SELECT {_COUNTS} FROM shown WHERE graded_at >= %(start)s AND graded_at < %(end)s
"""  # noqa: S608 (constants only)
