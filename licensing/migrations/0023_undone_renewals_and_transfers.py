from django.db import migrations, models

STANDS = """
CREATE FUNCTION license_stands(of_company bigint, of_license bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    -- What issued it, and the withdrawals after it, each of the one before: every second one counts.
    WITH RECURSIVE chain (id, length) AS (
        SELECT id, 0 FROM licensing_licensestatement
         WHERE company_id = of_company AND license_id = of_license AND kind = 'issued'
        UNION ALL
        SELECT later.id, chain.length + 1 FROM licensing_licensestatement AS later JOIN chain ON later.withdraws_id = chain.id
         WHERE later.company_id = of_company
    )
    SELECT coalesce(max(length) % 2 = 0, TRUE) FROM chain
$$
"""
NO_STANDS = "DROP FUNCTION license_stands(bigint, bigint)"

RENEWALS = """
CREATE OR REPLACE FUNCTION refuse_to_renew_twice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    opener licensing_license;
BEGIN
    SELECT * INTO opener FROM licensing_license WHERE company_id = NEW.company_id AND id = NEW.renewal_of_id;
    IF opener.top_up_of_id IS NOT NULL OR opener.replaces_id IS NOT NULL THEN
        RAISE EXCEPTION 'license % did not open its term: a renewal names the license that did', NEW.renewal_of_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM require_no_other_renewal(NEW);
    RETURN NEW;
END $$;
CREATE FUNCTION require_no_other_renewal(added licensing_license) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Of two at once the second looks when the first is there.
    PERFORM pg_advisory_xact_lock(hashtextextended('renewal of ' || added.renewal_of_id, 0));
    IF EXISTS (
        WITH RECURSIVE plan (id) AS (
            SELECT added.renewal_of_id
            UNION
            SELECT license.id FROM licensing_license AS license JOIN plan ON license.replaces_id = plan.id
             WHERE license.company_id = added.company_id AND license.order_id = added.order_id
        )
        SELECT FROM licensing_license AS renewal JOIN plan ON renewal.renewal_of_id = plan.id
         WHERE renewal.company_id = added.company_id AND renewal.order_id = added.order_id AND renewal.id <> added.id
           AND license_stands(renewal.company_id, renewal.id)
    ) THEN
        RAISE EXCEPTION 'the term that license % opened is renewed already, whatever its plan became', added.renewal_of_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$;
CREATE FUNCTION refuse_to_bring_back_a_second_renewal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held licensing_license;
BEGIN
    SELECT * INTO held FROM licensing_license WHERE company_id = NEW.company_id AND id = NEW.license_id;
    IF held.renewal_of_id IS NOT NULL AND license_stands(held.company_id, held.id) THEN
        PERFORM require_no_other_renewal(held);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER an_undone_renewal_comes_back_alone AFTER INSERT ON licensing_licensestatement
    FOR EACH ROW WHEN (NEW.withdraws_id IS NOT NULL) EXECUTE FUNCTION refuse_to_bring_back_a_second_renewal();
ALTER TABLE licensing_licensestatement ENABLE ALWAYS TRIGGER an_undone_renewal_comes_back_alone
"""
NO_RENEWALS = """
DROP TRIGGER an_undone_renewal_comes_back_alone ON licensing_licensestatement;
DROP FUNCTION refuse_to_bring_back_a_second_renewal();
CREATE OR REPLACE FUNCTION refuse_to_renew_twice() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION require_no_other_renewal(licensing_license)
"""

ORDERS = """
CREATE OR REPLACE FUNCTION refuse_to_change_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['company_id', 'activated_at', 'reserved_for_id'];
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'an order is never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.company_id IS NOT NULL THEN
        IF OLD.transferred_from_id IS NOT NULL
           AND to_jsonb(NEW) - 'transfer_undone_at' = to_jsonb(OLD) - 'transfer_undone_at'
           AND (NEW.transfer_undone_at IS NULL) <> (OLD.transfer_undone_at IS NULL) THEN
            RETURN NEW; -- its transfer is undone, or brought back
        END IF;
        RAISE EXCEPTION 'order % is activated once, by one company', OLD.external_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'order % stays as it was bought', OLD.external_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""
ORDERS_BEFORE = """
CREATE OR REPLACE FUNCTION refuse_to_change_order() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$
"""


class Migration(migrations.Migration):
    """A renewal and a transfer can be undone, and be made again: what was undone is in nobody's way."""

    beside_old_code = (
        "what old code writes is allowed as before, and a second renewal of a term is refused as before; the new column may be "
        "null, and the constraint on it is made in the moments that reading the orders takes; what new code undoes old code "
        "shows by its entries, and it may refuse to renew or to transfer anew what was undone"
    )

    dependencies = [("licensing", "0022_views_by_support")]

    operations = [
        migrations.RunSQL(STANDS, NO_STANDS),
        migrations.RunSQL(RENEWALS, NO_RENEWALS),
        migrations.RemoveConstraint(model_name="license", name="a_term_is_renewed_once"),
        migrations.AddField(
            model_name="order",
            name="transfer_undone_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="transfer undone at"),
        ),
        migrations.RunSQL(ORDERS, ORDERS_BEFORE),
        migrations.RemoveConstraint(model_name="order", name="an_order_is_transferred_once"),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(transfer_undone_at__isnull=True),
                fields=("transferred_from",),
                name="an_order_is_transferred_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(transfer_undone_at__isnull=True) | models.Q(transferred_from__isnull=False),
                name="only_a_transfer_is_undone",
            ),
        ),
    ]
