from django.db import migrations, models

# Lists show how a result goes out in every line; read from the address it cost a look-up a line.
FILL = """UPDATE cases_case SET by_post = false
FROM cases_deliveryaddress address
WHERE address.case_id = cases_case.id AND NOT address.by_post"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_message_provider_key")]

    operations = [
        migrations.AddField(
            "case",
            "by_post",
            models.BooleanField(
                db_default=True, default=True, editable=False, verbose_name="gửi bưu điện"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
