import django.db.models.deletion
from django.db import migrations, models


def tell_of_silence(apps, _schema):
    """A house that has its rules gets the new one; a new house is given all of them later."""
    rules = apps.get_model("cases", "AlarmRule").objects
    if rules.exists() and not rules.filter(measure="silence").exists():
        rules.create(measure="silence", bound=20, minutes=60, role="supervisor")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0023_eye_on_acknowledgement"),
        ("procedures", "0009_names_and_codes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("", "Chưa có"),
                            ("1", "Mới đăng ký"),
                            ("2", "Được tiếp nhận"),
                            ("3", "Không được tiếp nhận"),
                            ("4", "Đang xử lý"),
                            ("5", "Yêu cầu bổ sung giấy tờ"),
                            ("6", "Yêu cầu thực hiện nghĩa vụ tài chính"),
                            ("7", "Công dân yêu cầu rút hồ sơ"),
                            ("8", "Dừng xử lý"),
                            ("9", "Đã xử lý xong"),
                            ("10", "Đã trả kết quả"),
                        ],
                        max_length=2,
                        verbose_name="ở cơ quan",
                    ),
                ),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        verbose_name="9 trong 10 hồ sơ qua trong, ngày làm việc"
                    ),
                ),
                ("cases", models.PositiveIntegerField(verbose_name="tính từ số hồ sơ")),
                ("computed_at", models.DateTimeField(verbose_name="tính lúc")),
                (
                    "procedure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="paces",
                        to="procedures.procedure",
                        verbose_name="thủ tục",
                    ),
                ),
            ],
            options={
                "verbose_name": "nhịp giải quyết",
                "verbose_name_plural": "nhịp giải quyết",
                "constraints": [
                    models.UniqueConstraint(fields=("procedure", "state"), name="pace_once")
                ],
            },
        ),
        migrations.AlterField(
            model_name="alarmrule",
            name="measure",
            field=models.CharField(
                choices=[
                    ("unsent", "hồ sơ chờ gửi lâu nhất khi cổng vẫn chạy, phút"),
                    ("queue", "việc đến lượt mà chưa làm lâu nhất, phút"),
                    ("outage", "cổng trục trặc, phút"),
                    ("polls", "hỏi cổng trễ nhất, phút"),
                    ("codes", "tin có mã lạ, chưa ai đối chiếu"),
                    ("silence", "hồ sơ im lặng ở cơ quan"),
                    ("pulse", "hàng việc không ai làm, phút"),
                    ("papers", "phiếu chờ in lâu nhất, phút"),
                    ("papers_failed", "phiếu không làm được trong 24 giờ"),
                    ("database", "cơ sở dữ liệu trả lời, mili giây"),
                    ("disk", "ổ đĩa còn trống, phần trăm"),
                    ("certificate", "chứng thư TLS còn hạn, ngày"),
                    ("seal", "nhật ký chưa niêm phong, giờ"),
                ],
                max_length=16,
                verbose_name="đo gì",
            ),
        ),
        migrations.RunPython(tell_of_silence, migrations.RunPython.noop),
    ]
