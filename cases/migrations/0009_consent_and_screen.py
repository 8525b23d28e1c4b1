import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import opsa.core.fields
from opsa.core.rls import OfficeScope, OfficeScopeThrough


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0002_keys_and_serial_scanners"),
        ("cases", "0008_supplements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(
            model_name="mandate",
            name="keep_scans",
        ),
        migrations.RemoveField(
            model_name="mandate",
            name="tell_helper",
        ),
        migrations.AddField(
            model_name="mandate",
            name="counter",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="agencies.counter",
            ),
        ),
        migrations.AddField(
            model_name="mandate",
            name="proof",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="mandate",
            name="proof_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="mandate",
            name="shown",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="mandate",
            name="shown_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="mandate",
            name="signed",
            field=models.CharField(
                blank=True,
                choices=[
                    ("drawn", "ký trên màn hình"),
                    ("typed", "gõ tên"),
                    ("aloud", "nghe đọc rồi đồng ý"),
                ],
                max_length=5,
                verbose_name="cách ký",
            ),
        ),
        migrations.AddField(
            model_name="mandate",
            name="signed_name",
            field=opsa.core.fields.EncryptedTextField(
                blank=True, default="", verbose_name="tên đã gõ"
            ),
        ),
        migrations.AddField(
            model_name="mandate",
            name="starts_on",
            field=models.DateField(blank=True, null=True, verbose_name="có hiệu lực từ"),
        ),
        migrations.AlterField(
            model_name="mandate",
            name="valid_until",
            field=models.DateField(verbose_name="có hiệu lực đến"),
        ),
        migrations.AlterField(
            model_name="mandatetext",
            name="mode",
            field=models.CharField(max_length=9),
        ),
        migrations.CreateModel(
            name="CounterScreen",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code_hash", models.CharField(blank=True, max_length=64)),
                ("code_until", models.DateTimeField(blank=True, null=True)),
                ("token_hash", models.CharField(blank=True, max_length=64)),
                ("token_until", models.DateTimeField(blank=True, null=True)),
                (
                    "view",
                    models.CharField(
                        choices=[
                            ("welcome", "Trống"),
                            ("check", "Mời kiểm tra"),
                            ("consent", "Lời đồng ý"),
                            ("pay", "Trả tiền"),
                            ("done", "Đã xong"),
                        ],
                        default="welcome",
                        max_length=7,
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(default=0, help_text="tăng mỗi lần đổi trang"),
                ),
                ("touched_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("yes", "Khách bấm Đúng"),
                            ("wrong", "Khách báo sai"),
                            ("agreed", "Khách đồng ý"),
                            ("refused", "Khách không đồng ý"),
                        ],
                        max_length=7,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="cases.case",
                    ),
                ),
                (
                    "counter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="screen",
                        to="agencies.counter",
                    ),
                ),
                (
                    "shown_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "màn hình khách",
                "verbose_name_plural": "màn hình khách",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ExtraUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phone2", "Báo tin cho số thứ hai"),
                            ("contact", "Giữ số điện thoại, địa chỉ cho lần sau"),
                            ("scans", "Giữ bản quét cho lần sau"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "phone",
                    opsa.core.fields.EncryptedTextField(
                        blank=True, default="", verbose_name="số thứ hai"
                    ),
                ),
                ("given_at", models.DateTimeField(auto_now_add=True)),
                ("valid_until", models.DateField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extra_uses",
                        to="cases.case",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.mandatetext",
                    ),
                ),
            ],
            options={
                "verbose_name": "đồng ý thêm",
                "verbose_name_plural": "đồng ý thêm",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("case", "kind"),
                        name="extra_use_once",
                    )
                ],
            },
        ),
        OfficeScope("cases_counterscreen"),
        OfficeScopeThrough("cases_extrause", "case_id", "cases_case"),
    ]
