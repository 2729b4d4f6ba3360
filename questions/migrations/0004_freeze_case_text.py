"""The case text of a published version is frozen like its stem."""

from __future__ import annotations

from django.db import migrations

FREEZE = """
CREATE FUNCTION questions_refuse_frozen_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL
       AND (NEW.case_text, NEW.case_html) IS DISTINCT FROM (OLD.case_text, OLD.case_html) THEN
        RAISE EXCEPTION 'version % is published and frozen; write the next version', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER questions_frozen_case BEFORE UPDATE ON questions_scenarioversion
    FOR EACH ROW EXECUTE FUNCTION questions_refuse_frozen_case();
"""

THAW = """
DROP TRIGGER questions_frozen_case ON questions_scenarioversion;
DROP FUNCTION questions_refuse_frozen_case();
"""


class Migration(migrations.Migration):
    dependencies = [("questions", "0003_exam_room")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
