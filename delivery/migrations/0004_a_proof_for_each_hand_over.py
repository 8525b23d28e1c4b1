from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0003_walls_through_the_case")]

    operations = [
        migrations.RemoveConstraint("proofofdelivery", "one_proof_at_the_counter"),
        migrations.AddConstraint(
            "proofofdelivery",
            models.UniqueConstraint(
                fields=("case",),
                condition=models.Q(("confirmed_at__isnull", True), ("parcel__isnull", True)),
                name="one_running_proof_at_the_counter",
            ),
        ),
    ]
