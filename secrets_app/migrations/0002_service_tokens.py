import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# The defaults, for a site that keeps them and therefore does not set them.
PROJECT_MODEL = getattr(settings, "SECRETS_APP_PROJECT_MODEL", "projects.Project")
PROJECT_FIELD = getattr(settings, "SECRETS_APP_PROJECT_FIELD", None)


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0001_secrets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(PROJECT_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceToken',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name='id')),
                ('name', models.CharField(max_length=128, verbose_name='name')),
                ('prefix', models.CharField(help_text='The first characters, to recognise it by.', max_length=16, verbose_name='prefix')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('scopes', models.JSONField(verbose_name='scopes')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='last used at')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked at')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(blank=True, help_text='The only project that it reaches; empty for all that its owner reaches.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=PROJECT_MODEL, to_field=PROJECT_FIELD, verbose_name='project')),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['owner', 'revoked_at'], name='secrets_token_owner')],
                'verbose_name': 'service token',
                'verbose_name_plural': 'service tokens',
            },
        ),
    ]
