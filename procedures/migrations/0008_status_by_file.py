
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0007_status_batch'),
    ]

    operations = [
        migrations.AddField(
            model_name='filingsystem',
            name='news',
            field=models.CharField(choices=[('asked', 'hệ thống tự hỏi'), ('file', 'nhập tệp do cổng xuất')], default='asked', max_length=5, verbose_name='trạng thái lấy bằng cách'),
        ),
    ]
