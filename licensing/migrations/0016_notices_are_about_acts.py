from django.db import migrations

ABOUT_ACTS = """
UPDATE licensing_notice AS notice SET about = 'act:' || found.act_id
  FROM (
        SELECT DISTINCT ON (told.company_id, told.id) told.company_id, told.id, said.act_id
          FROM licensing_notice AS told
          JOIN licensing_license AS license
            ON license.company_id = told.company_id AND license.order_id = split_part(told.about, ':', 2)::bigint
          JOIN licensing_licensestatement AS said
            ON said.company_id = license.company_id AND said.license_id = license.id
           AND CASE told.kind
               WHEN 'activated' THEN said.kind = 'issued' AND license.kind IN ('initial', 'goodwill')
               ELSE said.kind = told.kind AND said.effective_on = split_part(told.about, ':', 3)::date
               END
         WHERE told.kind IN ('activated', 'suspended', 'cancelled') AND told.about LIKE 'order:%'
           AND said.recorded_at <= told.created_at
         ORDER BY told.company_id, told.id, said.recorded_at DESC
       ) AS found
 WHERE notice.company_id = found.company_id AND notice.id = found.id
   AND NOT EXISTS (
        SELECT FROM licensing_notice AS other
         WHERE other.company_id = notice.company_id AND other.kind = notice.kind AND other.about = 'act:' || found.act_id
       )
"""


class Migration(migrations.Migration):
    """Activations, suspensions and cancellations were told of by order and day; from now on by the act that brought them."""

    dependencies = [("licensing", "0015_kept_in_use")]

    operations = [migrations.RunSQL(ABOUT_ACTS, migrations.RunSQL.noop)]
