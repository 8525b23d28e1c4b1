
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from opsa.core.rls import CityOnly, OfficeScope


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0004_staff_email'),
        ('cases', '0018_case_field'),
        ('procedures', '0008_status_by_file'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='ngày')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='làm lúc')),
            ],
            options={
                'verbose_name': 'đối chiếu',
                'verbose_name_plural': 'đối chiếu',
                'ordering': ('-day',),
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='pollstate',
            name='told_due',
            field=models.DateField(blank=True, null=True, verbose_name='cổng hẹn trả ngày'),
        ),
        migrations.AlterField(
            model_name='statusreport',
            name='source',
            field=models.CharField(choices=[('poll', 'hệ thống hỏi'), ('clerk', 'nhân viên ghi'), ('file', 'tệp xuất từ cổng')], default='poll', max_length=5),
        ),
        migrations.CreateModel(
            name='StatusImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('read', 'Chờ áp dụng'), ('applying', 'Đang áp dụng'), ('applied', 'Đã áp dụng'), ('dropped', 'Đã bỏ')], default='read', max_length=8)),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='nhập lúc')),
                ('exported_at', models.DateTimeField(verbose_name='cổng xuất tệp lúc')),
                ('whole', models.BooleanField(default=False, verbose_name='đủ mọi hồ sơ trong kỳ')),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField(verbose_name='byte')),
                ('file', models.CharField(blank=True, max_length=100)),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='dòng')),
                ('ours', models.PositiveIntegerField(default=0, verbose_name='của ta')),
                ('elsewhere', models.PositiveIntegerField(default=0, verbose_name='nộp nơi khác')),
                ('unreadable', models.PositiveIntegerField(default=0, verbose_name='không đọc được')),
                ('problems', models.JSONField(default=list)),
                ('unknown', models.JSONField(default=dict)),
                ('first_day', models.DateField(null=True, verbose_name='tiếp nhận từ')),
                ('last_day', models.DateField(null=True, verbose_name='tiếp nhận đến')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='dòng đã qua')),
                ('changed', models.PositiveIntegerField(default=0, verbose_name='hồ sơ có tin mới')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='dòng không áp dụng được')),
                ('moved_at', models.DateTimeField(auto_now=True, verbose_name='làm tiếp lúc')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='xong lúc')),
                ('listed', models.BooleanField(default=False)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='người nhập')),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='procedures.filingsystem', verbose_name='hệ thống nhận hồ sơ')),
            ],
            options={
                'verbose_name': 'tệp trạng thái',
                'verbose_name_plural': 'tệp trạng thái',
                'ordering': ('-id',),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ImportedDossier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60, verbose_name='mã hồ sơ')),
                ('procedure', models.CharField(blank=True, max_length=40, verbose_name='mã thủ tục')),
                ('received_on', models.DateField(null=True, verbose_name='ngày tiếp nhận')),
                ('filing', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.filing')),
                ('imported', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dossiers', to='cases.statusimport')),
            ],
            options={
                'verbose_name': 'hồ sơ trong tệp',
                'verbose_name_plural': 'hồ sơ trong tệp',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('seen', 'Cổng chưa xong, kết quả đã về'), ('unseen', 'Cổng đã xong, chưa thấy kết quả'), ('unknown', 'Mã trạng thái lạ'), ('stale', 'Tin của cổng đã cũ'), ('due', 'Ngày hẹn khác'), ('absent', 'Không có trong tệp'), ('elsewhere', 'Nộp nơi khác')], max_length=9, verbose_name='khác ở đâu')),
                ('code', models.CharField(blank=True, max_length=60, verbose_name='mã hồ sơ')),
                ('procedure', models.CharField(blank=True, max_length=120, verbose_name='thủ tục')),
                ('reported', models.CharField(blank=True, max_length=40, verbose_name='cổng nói')),
                ('late', models.BooleanField(default=False, verbose_name='cổng tính là quá hạn')),
                ('said_at', models.DateTimeField(null=True, verbose_name='xảy ra lúc, theo cổng')),
                ('asked_at', models.DateTimeField(null=True, verbose_name='cổng trả lời lúc')),
                ('told_due', models.DateField(null=True, verbose_name='cổng hẹn')),
                ('observed', models.CharField(blank=True, choices=[('waiting', 'Chưa có kết quả'), ('not_needed', 'Không phải phát'), ('available', 'Có kết quả tại điểm'), ('labelled', 'Đã in nhãn'), ('handed_over', 'Đã giao bưu tá'), ('in_transit', 'Đang vận chuyển'), ('out', 'Đang phát'), ('failed', 'Phát không được'), ('held', 'Giữ tại điểm'), ('returning', 'Đang chuyển hoàn'), ('returned', 'Đã chuyển hoàn'), ('lost', 'Thất lạc'), ('delivered', 'Đã phát'), ('collected', 'Khách đã nhận tại điểm')], max_length=12, verbose_name='ta thấy')),
                ('observed_at', models.DateTimeField(null=True, verbose_name='ta thấy từ lúc')),
                ('due_on', models.DateField(null=True, verbose_name='ta tính')),
                ('explained_at', models.DateTimeField(null=True, verbose_name='giải thích lúc')),
                ('reason', models.CharField(blank=True, choices=[('phoned', 'Đã hỏi cơ quan qua điện thoại'), ('late_entry', 'Cơ quan cập nhật cổng chậm'), ('extended', 'Cơ quan có văn bản hẹn lại'), ('fetching', 'Đã hẹn ngày lấy kết quả'), ('other_screen', 'Tệp xuất thiếu, không phải hồ sơ sai'), ('mapped', 'Đã báo quản trị ghi mã')], max_length=12, verbose_name='lý do')),
                ('agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='agencies.agency', verbose_name='điểm phục vụ')),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('explained_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='procedures.filingsystem')),
                ('made', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='cases.reconciliation')),
            ],
            options={
                'verbose_name': 'chênh lệch',
                'verbose_name_plural': 'chênh lệch',
                'default_permissions': (),
                'indexes': [models.Index(fields=['made', 'agency', 'kind', 'id'], name='difference_listed'), models.Index(condition=models.Q(('kind', 'elsewhere')), fields=['system', 'code'], name='difference_elsewhere')],
                'constraints': [models.UniqueConstraint(fields=('made', 'kind', 'case'), name='difference_once'), models.CheckConstraint(condition=models.Q(models.Q(('agency__isnull', True), ('case__isnull', True), ('kind', 'elsewhere')), models.Q(('agency__isnull', False), ('case__isnull', False)), _connector='OR'), name='difference_of_a_case_or_elsewhere'), models.CheckConstraint(condition=models.Q(models.Q(('explained_at__isnull', True), ('reason', '')), models.Q(models.Q(('reason', ''), _negated=True), ('explained_at__isnull', False)), _connector='OR'), name='explained_says_why')],
            },
        ),
        migrations.AddIndex(
            model_name='statusimport',
            index=models.Index(condition=models.Q(('state__in', ('read', 'applying'))), fields=['moved_at'], name='status_import_open'),
        ),
        migrations.AddIndex(
            model_name='statusimport',
            index=models.Index(fields=['system', 'sha256'], name='status_import_same'),
        ),
        migrations.AddConstraint(
            model_name='statusimport',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('read', 'applying')), ('file', ''), _connector='OR'), name='ended_import_keeps_no_file'),
        ),
        migrations.AddConstraint(
            model_name='importeddossier',
            constraint=models.UniqueConstraint(fields=('imported', 'code'), name='imported_dossier_once'),
        ),
        CityOnly("cases_statusimport"),
        CityOnly("cases_importeddossier"),
        OfficeScope("cases_difference"),
    ]
