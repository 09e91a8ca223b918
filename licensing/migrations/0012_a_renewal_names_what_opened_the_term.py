from django.db import migrations

RULE = """
CREATE FUNCTION refuse_to_renew_twice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    opener licensing_license;
BEGIN
    SELECT * INTO opener FROM licensing_license WHERE company_id = NEW.company_id AND id = NEW.renewal_of_id;
    IF opener.top_up_of_id IS NOT NULL OR opener.replaces_id IS NOT NULL THEN
        RAISE EXCEPTION 'license % did not open its term: a renewal names the license that did', NEW.renewal_of_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        WITH RECURSIVE plan (id) AS (
            SELECT NEW.renewal_of_id
            UNION
            SELECT license.id FROM licensing_license AS license JOIN plan ON license.replaces_id = plan.id
             WHERE license.company_id = NEW.company_id AND license.order_id = NEW.order_id
        )
        SELECT FROM licensing_license AS renewal JOIN plan ON renewal.renewal_of_id = plan.id
         WHERE renewal.company_id = NEW.company_id AND renewal.order_id = NEW.order_id
           AND renewal.renewal_of_id <> NEW.renewal_of_id -- else the unique constraint says so
    ) THEN
        RAISE EXCEPTION 'the term that license % opened is renewed already, whatever its plan became', NEW.renewal_of_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_term_is_renewed_once_whatever_its_plan BEFORE INSERT ON licensing_license
    FOR EACH ROW WHEN (NEW.renewal_of_id IS NOT NULL) EXECUTE FUNCTION refuse_to_renew_twice();
ALTER TABLE licensing_license ENABLE ALWAYS TRIGGER a_term_is_renewed_once_whatever_its_plan
"""
NO_RULE = """
DROP TRIGGER a_term_is_renewed_once_whatever_its_plan ON licensing_license;
DROP FUNCTION refuse_to_renew_twice()
"""


class Migration(migrations.Migration):
    """Rows that are there already stay as they are: the rule is asked when a renewal is added."""

    dependencies = [("licensing", "0011_units_for_every_day_and_in_all")]

    operations = [migrations.RunSQL(RULE, NO_RULE)]
