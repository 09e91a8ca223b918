from django.db import migrations

from console.models.guards_in_sql import tenant_reference

CLAIM = """
ALTER TABLE licensing_subscription ADD CONSTRAINT licensing_subscription_order_id_in_same_company
    FOREIGN KEY (claimed_by_id, order_id) REFERENCES licensing_order (company_id, id) DEFERRABLE INITIALLY DEFERRED
"""
NO_CLAIM = "ALTER TABLE licensing_subscription DROP CONSTRAINT licensing_subscription_order_id_in_same_company"


class Migration(migrations.Migration):
    dependencies = [("licensing", "0006_support_of_marketplaces")]

    operations = [
        tenant_reference("licensing_activation", "license_id", "licensing_license"),
        migrations.RunSQL(CLAIM, NO_CLAIM),
    ]
