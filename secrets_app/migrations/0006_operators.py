import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0005_audit'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='secret',
            index=models.Index(fields=['name', 'id'], name='secrets_secret_name'),
        ),
        migrations.AddIndex(
            model_name='secret',
            index=models.Index(django.db.models.functions.comparison.Coalesce('last_used_at', 'created_at'), name='secrets_secret_idle'),
        ),
        migrations.AddIndex(
            model_name='secret',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='secrets_secret_expires'),
        ),
        migrations.AddIndex(
            model_name='secret',
            index=models.Index(condition=models.Q(('is_quarantined', True)), fields=['name'], name='secrets_secret_held'),
        ),
        migrations.AddIndex(
            model_name='secret',
            index=models.Index(condition=models.Q(('is_maskable', False)), fields=['name'], name='secrets_secret_short'),
        ),
        migrations.AddIndex(
            model_name='taskgrant',
            index=models.Index(fields=['-created_at', 'id'], name='secrets_grant_latest'),
        ),
        migrations.AlterModelOptions(
            name='keycanary',
            options={'verbose_name': 'master key', 'verbose_name_plural': 'master keys'},
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['request_id', 'id'], name='secrets_audit_request'),
        ),
    ]
