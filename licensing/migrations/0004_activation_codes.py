import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CODE_GUARD = """
CREATE FUNCTION refuse_to_change_code() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- What is sealed may be sealed anew under another SECRET_KEY.
    may_change text[] := ARRAY['withdrawn_at', 'sealed', 'fingerprint'];
    purchase licensing_order;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an activation code is never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT * INTO purchase FROM licensing_order WHERE id = NEW.order_id;
    IF TG_OP = 'INSERT' THEN
        IF purchase.channel <> 'code' THEN
            RAISE EXCEPTION 'order % is not activated by a code', purchase.external_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'an activation code stays as it was issued' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
        IF OLD.withdrawn_at IS NOT NULL THEN
            RAISE EXCEPTION 'a code that was withdrawn stays so' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF purchase.company_id IS NOT NULL THEN
            RAISE EXCEPTION 'the code of order % was used: it is not withdrawn', purchase.external_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_licensing_activationcode BEFORE INSERT OR UPDATE OR DELETE ON licensing_activationcode
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_code();
ALTER TABLE licensing_activationcode ENABLE ALWAYS TRIGGER guard_licensing_activationcode;
CREATE TRIGGER guard_licensing_activationcode_as_a_whole BEFORE TRUNCATE ON licensing_activationcode
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_edit_facts();
ALTER TABLE licensing_activationcode ENABLE ALWAYS TRIGGER guard_licensing_activationcode_as_a_whole;
"""
NO_CODE_GUARD = """
DROP TRIGGER guard_licensing_activationcode_as_a_whole ON licensing_activationcode;
DROP TRIGGER guard_licensing_activationcode ON licensing_activationcode;
DROP FUNCTION refuse_to_change_code();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0002_guard_the_journal"),
        ("licensing", "0003_marketplace_purchases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ActivationCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("activation-code", "Activation code"), ("registration-key", "Registration key")],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("sealed", models.TextField(editable=False)),
                ("fingerprint", models.CharField(editable=False, max_length=64, unique=True)),
                ("last_four", models.CharField(editable=False, max_length=4, verbose_name="last four characters")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
                (
                    "act",
                    models.ForeignKey(
                        editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="console.act"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="licensing.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "activation code",
            },
        ),
        migrations.AddField(
            model_name="activation",
            name="code",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="licensing.activationcode",
            ),
        ),
        migrations.CreateModel(
            name="WrongCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=64)),
                ("typed_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "verbose_name": "wrong code",
            },
        ),
        migrations.AddConstraint(
            model_name="activationcode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=("order", "kind"),
                name="one_live_code_of_a_kind_per_order",
                violation_error_message="The order has a code already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="activationcode",
            constraint=models.CheckConstraint(
                condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$"), models.Q(("sealed", ""), _negated=True)),
                name="a_code_is_kept_sealed",
            ),
        ),
        migrations.AddIndex(
            model_name="wrongcode",
            index=models.Index(fields=["person", "-typed_at"], name="wrong_code_by_person"),
        ),
        migrations.AddIndex(
            model_name="wrongcode",
            index=models.Index(fields=["source", "-typed_at"], name="wrong_code_by_source"),
        ),
        migrations.AddIndex(
            model_name="wrongcode",
            index=models.Index(fields=["typed_at"], name="wrong_code_by_time"),
        ),
        migrations.RunSQL(CODE_GUARD, NO_CODE_GUARD),
    ]
