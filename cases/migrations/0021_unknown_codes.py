from django.db import migrations, models


def tell_of_unknown_codes(apps, _schema):
    """A house that has its rules gets the new one; a new house is given all of them later."""
    rules = apps.get_model("cases", "AlarmRule").objects
    if rules.exists() and not rules.filter(measure="codes").exists():
        rules.create(measure="codes", bound=0, minutes=0, role="supervisor")


class Migration(migrations.Migration):
    dependencies = [("cases", "0020_acknowledgement")]

    operations = [
        migrations.AddIndex(
            model_name="statusreport",
            index=models.Index(
                fields=["id"], condition=models.Q(("unknown", True)), name="report_unknown"
            ),
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
        migrations.RunPython(tell_of_unknown_codes, migrations.RunPython.noop),
    ]
