import django.contrib.postgres.fields
from django.db import migrations, models

NOTHING_LEFT_TO_DO = """
UPDATE licensing_activation SET state = 'known'
  FROM licensing_subscription
 WHERE licensing_activation.subscription_id = licensing_subscription.id
   AND licensing_activation.state = 'found' AND licensing_subscription.order_id IS NOT NULL;
UPDATE licensing_activation SET state = 'known'
  FROM licensing_order
 WHERE licensing_activation.order_id = licensing_order.id
   AND licensing_activation.state = 'found' AND licensing_order.company_id IS NOT NULL
"""


class Migration(migrations.Migration):
    """When a marketplace did not find a purchase; and attempts at purchases that were activated before wait for nobody."""

    dependencies = [("licensing", "0013_conversion_rates_have_no_end")]

    operations = [
        migrations.AddField(
            model_name="activation",
            name="missed_at",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateTimeField(), blank=True, default=list, editable=False
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="missing_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="connectionnote",
            name="about",
            field=models.CharField(blank=True, max_length=40, verbose_name="of what"),
        ),
        migrations.AlterField(
            model_name="activation",
            name="state",
            field=models.CharField(
                choices=[
                    ("brought", "Purchase to be looked up"),
                    ("found", "Waiting for activation"),
                    ("activating", "Activation in progress"),
                    ("active", "Activated"),
                    ("cancelled", "Cancelled at the marketplace"),
                    ("not-known", "Not found at the marketplace"),
                    ("known", "Activated before"),
                    ("failed", "Needs support"),
                    ("abandoned", "Not activated in time"),
                ],
                default="brought",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.RunSQL(NOTHING_LEFT_TO_DO, migrations.RunSQL.noop),
    ]
