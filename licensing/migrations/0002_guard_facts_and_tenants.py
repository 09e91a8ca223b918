from django.db import migrations

from console.models.guards_in_sql import guard_facts, tenant_reference

ORDER_GUARD = """
CREATE FUNCTION refuse_to_change_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['company_id', 'activated_at', 'reserved_for_id'];
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'an order is never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.company_id IS NOT NULL THEN
        RAISE EXCEPTION 'order % is activated once, by one company', OLD.external_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'order % stays as it was bought', OLD.external_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_licensing_order BEFORE UPDATE OR DELETE ON licensing_order
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_order();
ALTER TABLE licensing_order ENABLE ALWAYS TRIGGER guard_licensing_order;
CREATE TRIGGER guard_licensing_order_as_a_whole BEFORE TRUNCATE ON licensing_order
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_edit_facts();
ALTER TABLE licensing_order ENABLE ALWAYS TRIGGER guard_licensing_order_as_a_whole;
"""
NO_ORDER_GUARD = """
DROP TRIGGER guard_licensing_order_as_a_whole ON licensing_order;
DROP TRIGGER guard_licensing_order ON licensing_order;
DROP FUNCTION refuse_to_change_order();
"""


class Migration(migrations.Migration):
    dependencies = [("licensing", "0001_initial"), ("console", "0002_guard_the_journal")]

    operations = [
        *(
            guard_facts(table)
            for table in (
                "licensing_license",
                "licensing_licensestatement",
                "licensing_licenseentry",
                "licensing_companytimezone",
                "licensing_conversionrate",
            )
        ),
        migrations.RunSQL(ORDER_GUARD, NO_ORDER_GUARD),
        tenant_reference("licensing_license", "order_id", "licensing_order"),
        tenant_reference("licensing_license", "renewal_of_id", "licensing_license"),
        tenant_reference("licensing_license", "top_up_of_id", "licensing_license"),
        tenant_reference("licensing_license", "replaces_id", "licensing_license"),
        tenant_reference("licensing_license", "act_id", "console_act"),
        tenant_reference("licensing_licensestatement", "license_id", "licensing_license"),
        tenant_reference("licensing_licensestatement", "act_id", "console_act"),
        tenant_reference("licensing_licenseentry", "license_id", "licensing_license"),
        tenant_reference("licensing_licenseentry", "act_id", "console_act"),
    ]
