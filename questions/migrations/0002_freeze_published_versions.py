"""Let the database itself refuse changes to what students may have sat."""

from __future__ import annotations

from django.db import migrations

FREEZE = """
CREATE FUNCTION questions_refuse_frozen_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL AND (
        TG_OP = 'DELETE'
        OR (NEW.scenario_id, NEW.number, NEW.kind, NEW.stem, NEW.stem_html, NEW.choose, NEW.decision,
            NEW.deciding_constraint, NEW.learning_point, NEW.published_at)
           IS DISTINCT FROM
           (OLD.scenario_id, OLD.number, OLD.kind, OLD.stem, OLD.stem_html, OLD.choose, OLD.decision,
            OLD.deciding_constraint, OLD.learning_point, OLD.published_at)
    ) THEN
        RAISE EXCEPTION 'version % is published and frozen; write the next version', OLD.id;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER questions_frozen_version BEFORE UPDATE OR DELETE ON questions_scenarioversion
    FOR EACH ROW EXECUTE FUNCTION questions_refuse_frozen_version();

CREATE FUNCTION questions_refuse_frozen_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    version bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM questions_scenarioversion WHERE id = version AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'version % is published and frozen; write the next version', version;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER questions_frozen_option BEFORE INSERT OR UPDATE OR DELETE ON questions_option
    FOR EACH ROW EXECUTE FUNCTION questions_refuse_frozen_part();
CREATE TRIGGER questions_frozen_prompt BEFORE INSERT OR UPDATE OR DELETE ON questions_prompt
    FOR EACH ROW EXECUTE FUNCTION questions_refuse_frozen_part();
-- Rules are append-only: a correction of the key is a new row, so inserting stays allowed.
CREATE TRIGGER questions_frozen_rule BEFORE UPDATE OR DELETE ON questions_scoringrule
    FOR EACH ROW EXECUTE FUNCTION questions_refuse_frozen_part();
"""

THAW = """
DROP TRIGGER questions_frozen_rule ON questions_scoringrule;
DROP TRIGGER questions_frozen_prompt ON questions_prompt;
DROP TRIGGER questions_frozen_option ON questions_option;
DROP TRIGGER questions_frozen_version ON questions_scenarioversion;
DROP FUNCTION questions_refuse_frozen_part();
DROP FUNCTION questions_refuse_frozen_version();
"""


class Migration(migrations.Migration):
    dependencies = [("questions", "0001_initial")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
