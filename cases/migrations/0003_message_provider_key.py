import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_payment_taken")]

    operations = [
        migrations.AddField(
            "message",
            "provider_key",
            models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
