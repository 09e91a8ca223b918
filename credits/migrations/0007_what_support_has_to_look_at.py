import django.db.models.deletion
from django.db import migrations, models

STANDS = models.Q(("ended_at", None))
TO_DO = models.Q(("ended_at", None), ("read_act", None))


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0016_notes_of_backups"),
        ("credits", "0006_solutions_are_described"),
        ("licensing", "0017_from_which_network_a_token_came"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeskLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("looked_at", models.DateTimeField(verbose_name="looked at")),
                ("seconds", models.FloatField(verbose_name="seconds")),
            ],
            options={"verbose_name": "look for support", "verbose_name_plural": "looks for support"},
        ),
        migrations.CreateModel(
            name="DeskItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stuck", "Stuck activations"),
                            ("below-zero", "Negative balances"),
                            ("expiring", "Expiring in 30 days"),
                            ("difference", "Differences"),
                            ("report", "Reports of customers"),
                            ("failed", "Failed mail and jobs"),
                            ("attention", "Needs attention"),
                            ("health", "Health"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="about")),
                ("rank", models.PositiveSmallIntegerField(verbose_name="rank")),
                ("facts", models.JSONField(default=dict, verbose_name="facts")),
                ("since", models.DateTimeField(verbose_name="since")),
                ("found_at", models.DateTimeField(verbose_name="found at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="over since")),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="licensing.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "read_act",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="console.act",
                        verbose_name="marked read by",
                    ),
                ),
            ],
            options={
                "verbose_name": "thing for support",
                "verbose_name_plural": "things for support",
                "constraints": [
                    models.UniqueConstraint(condition=STANDS, fields=("kind", "subject"), name="one_standing_item_of_a_subject"),
                ],
                "indexes": [
                    models.Index(condition=TO_DO, fields=["rank", "since", "id"], name="desk_item_urgent_first"),
                    models.Index(condition=TO_DO, fields=["kind", "rank", "since", "id"], name="desk_item_of_a_kind"),
                    models.Index(condition=STANDS, fields=["kind", "-since", "id"], name="desk_item_standing"),
                    models.Index(
                        condition=models.Q(("ended_at", None), _negated=True), fields=["ended_at"], name="desk_item_over"
                    ),
                ],
            },
        ),
    ]
