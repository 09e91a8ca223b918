from django.db import migrations

INDEXES = {
    "company_by_name": "licensing_company (lower(name) text_pattern_ops)",
    "company_by_business_id": "licensing_company (lower(business_id) text_pattern_ops)",
    "company_by_slug": "licensing_company (lower(slug) text_pattern_ops)",
    "company_in_order_of_names": "licensing_company (lower(name), id)",
    "company_found_by": "licensing_company USING gin (lower(name || ' ' || business_id || ' ' || slug) gin_trgm_ops)",
    "order_by_external_id": "licensing_order (lower(external_id) text_pattern_ops)",
    "order_by_name": "licensing_order (lower(name) text_pattern_ops) WHERE name <> ''",
    "order_found_by": "licensing_order USING gin (lower(external_id || ' ' || name) gin_trgm_ops)",
    "subscription_by_external_id": "licensing_subscription (lower(external_id) text_pattern_ops)",
    "subscription_by_beneficiary": "licensing_subscription (lower(beneficiary_email) text_pattern_ops)",
    "code_last_four": "licensing_activationcode (last_four)",
}


class Migration(migrations.Migration):
    """What support's search finds companies, orders and codes by."""

    atomic = False
    beside_old_code = "indexes that are built while it writes change no row"
    dependencies = [
        ("licensing", "0019_the_vendor_is_told"),
        ("console", "0017_find_people"),
    ]

    operations = [
        migrations.RunSQL(
            [f"DROP INDEX CONCURRENTLY IF EXISTS {name}", f"CREATE INDEX CONCURRENTLY {name} ON {columns}"],
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )
        for name, columns in INDEXES.items()
    ]
