"""Texts of acts for two readers: reasons for staff, notes for customers.

What was typed as a note so far stays where it is, under a name of its own: nothing had said who would read it. The columns
keep their names, so that processes of the version before can go on writing while this is applied.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0004_addresses_in_small_letters")]

    operations = [
        migrations.AlterField("act", "note", models.TextField(blank=True, db_column="note")),
        migrations.RenameField("act", "note", "unlabelled_note"),
        migrations.AlterField(
            "act",
            "unlabelled_note",
            models.TextField(blank=True, db_column="note", default="", verbose_name="unlabelled note"),
        ),
        migrations.AddField(
            "act",
            "note",
            models.TextField(blank=True, db_column="note_for_customer", db_default="", default="", verbose_name="note"),
        ),
        migrations.AlterField("act", "reason", models.TextField(blank=True, verbose_name="in words")),
        migrations.AddField(
            "act",
            "reason_kind",
            models.CharField(
                blank=True,
                choices=[
                    ("customer-asked", "The customer asked for it"),
                    ("contract", "An order or contract was signed"),
                    ("extension-agreed", "An extension was agreed"),
                    ("goodwill", "Goodwill"),
                    ("customers-mistake", "A mistake of the customer"),
                    ("our-mistake", "A mistake of ours"),
                    ("out-of-step", "The marketplace and we were out of step"),
                    ("payment", "Payment"),
                    ("abuse", "Fraud or abuse"),
                    ("test", "A test"),
                    ("other", "Another reason"),
                ],
                db_default="",
                default="",
                max_length=20,
                verbose_name="reason",
            ),
        ),
        migrations.AddField(
            "act",
            "case_number",
            models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="case number"),
        ),
    ]
