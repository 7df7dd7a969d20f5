from django.conf import settings
from django.db import migrations, models

# The default, for a site that keeps it and therefore does not set it.
PROJECT_MODEL = getattr(settings, "SECRETS_APP_PROJECT_MODEL", "projects.Project")


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0003_task_grants'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(PROJECT_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='grantedsecret',
            name='is_maskable',
            field=models.BooleanField(default=False, help_text='Whether the value of the grant is long enough to be found in what a task prints.'),
        ),
        migrations.AddIndex(
            model_name='taskgrant',
            index=models.Index(fields=['owner', 'expires_at'], name='secrets_grant_owner_end'),
        ),
        migrations.AddIndex(
            model_name='taskgrant',
            index=models.Index(fields=['expires_at'], name='secrets_grant_end'),
        ),
    ]
