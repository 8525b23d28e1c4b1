from django.db import migrations

from opsa.core.rls import OfficeScopeThrough


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_walls_through_the_case"),
        ("delivery", "0002_tracking_and_proof"),
    ]

    operations = [
        OfficeScopeThrough("delivery_proofofdelivery", "case_id", "cases_case"),
        OfficeScopeThrough("delivery_parcelevent", "parcel_id", "delivery_parcel"),
        OfficeScopeThrough("delivery_manifestline", "manifest_id", "delivery_manifest"),
    ]
