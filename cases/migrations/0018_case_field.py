from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0017_same_person")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="field",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=50
            ),
        ),
    ]
