import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from opsa.core.rls import OfficeScope


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0003_words_of_the_admin"),
        ("cases", "0011_answered_supplements"),
        ("delivery", "0005_words_of_the_admin"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LabelRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("cases", models.JSONField()),
                ("done", models.PositiveSmallIntegerField(default=0)),
                ("made", models.JSONField(default=list)),
                ("left", models.JSONField(default=list)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.paper",
                    ),
                ),
            ],
            options={
                "verbose_name": "lượt in nhãn",
                "verbose_name_plural": "lượt in nhãn",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["asked_at"],
                        name="label_run_to_work",
                    )
                ],
            },
        ),
        OfficeScope("delivery_labelrun"),
    ]
