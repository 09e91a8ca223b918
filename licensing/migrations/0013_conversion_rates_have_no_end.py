from django.db import migrations

NOTHING_IS_LOST = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM licensing_conversionrate WHERE valid_to IS NOT NULL) THEN
        RAISE EXCEPTION 'a conversion rate names an end, which nothing here has written; ask for help before you upgrade';
    END IF;
END $$
"""


class Migration(migrations.Migration):
    """A rate of a product holds until the next one begins: no file names an end, and no code wrote one."""

    dependencies = [("licensing", "0012_a_renewal_names_what_opened_the_term")]

    operations = [
        migrations.RunSQL(NOTHING_IS_LOST, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="conversionrate", name="conversionrate_begins_before_it_ends"),
        migrations.RemoveField(model_name="conversionrate", name="valid_to"),
    ]
