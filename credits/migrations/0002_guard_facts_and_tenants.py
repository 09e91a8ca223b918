from django.db import migrations

from console.models.guards_in_sql import guard_facts, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_initial"), ("licensing", "0002_guard_facts_and_tenants")]

    operations = [
        *(
            guard_facts(table)
            for table in (
                "credits_allocationstatement",
                "credits_allocationentry",
                "credits_billingmodelchange",
                "credits_creditrate",
                "credits_payasyougoprice",
            )
        ),
        tenant_reference("credits_allocationstatement", "withdraws_id", "credits_allocationstatement"),
        tenant_reference("credits_allocationstatement", "act_id", "console_act"),
        tenant_reference("credits_allocationentry", "act_id", "console_act"),
        tenant_reference("credits_billingmodelchange", "contract_id", "licensing_license"),
        tenant_reference("credits_billingmodelchange", "act_id", "console_act"),
    ]
