import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import secrets_app.fields
from secrets_app.migrations._project import project_dependency

# The defaults, for a site that keeps them and therefore does not set them.
PROJECT_MODEL = getattr(settings, "SECRETS_APP_PROJECT_MODEL", "projects.Project")
PROJECT_FIELD = getattr(settings, "SECRETS_APP_PROJECT_FIELD", None)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(PROJECT_MODEL),
        *project_dependency(PROJECT_MODEL, PROJECT_FIELD),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyCanary',
            fields=[
                ('master_key_id', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='master key')),
                ('canary', models.BinaryField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
            ],
            options={
                'verbose_name_plural': 'key canaries',
            },
        ),
        migrations.CreateModel(
            name='DataKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name='id')),
                ('master_key_id', models.CharField(max_length=64, verbose_name='master key')),
                ('wrapped', models.BinaryField()),
                ('state', models.CharField(choices=[('active', 'Active'), ('retiring', 'Retiring'), ('destroyed', 'Destroyed')], default='active', max_length=16, verbose_name='state')),
                ('seals', models.PositiveIntegerField(default=0, help_text='An upper bound of how often this key has sealed.', verbose_name='seals')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=PROJECT_MODEL, to_field=PROJECT_FIELD, verbose_name='project')),
            ],
            options={
                'ordering': ['created_at', 'id'],
                'verbose_name': 'data key',
                'verbose_name_plural': 'data keys',
            },
        ),
        migrations.CreateModel(
            name='Secret',
            fields=[
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When this value was set.', verbose_name='set at')),
                ('value', secrets_app.fields.SealedTextField(editable=False)),
                ('mask', secrets_app.fields.SealedTextField(editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name='id')),
                ('name', models.CharField(max_length=128, validators=[django.core.validators.RegexValidator('^[A-Z][A-Z0-9_]*\\Z', 'Use upper-case letters A to Z, digits and underscores, beginning with a letter.')], verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=500, verbose_name='description')),
                ('default_available', models.BooleanField(default=False, help_text='Exposed to every task of its scope; else only to tasks that select it.', verbose_name='default available')),
                ('created_by_agent', models.BooleanField(default=False, editable=False, verbose_name='made by an agent')),
                ('revision', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the changes of this row; its ETag.')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='last used at')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='updated at')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('data_key', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='secrets_app.datakey', verbose_name='data key')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=PROJECT_MODEL, to_field=PROJECT_FIELD, verbose_name='project')),
            ],
            options={
                'ordering': ['name', 'id'],
                'verbose_name': 'secret',
                'verbose_name_plural': 'secrets',
            },
        ),
        migrations.CreateModel(
            name='SecretVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When this value was set.', verbose_name='set at')),
                ('value', secrets_app.fields.SealedTextField(editable=False)),
                ('mask', secrets_app.fields.SealedTextField(editable=False)),
                ('data_key', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='secrets_app.datakey', verbose_name='data key')),
                ('secret', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_versions', to='secrets_app.secret', verbose_name='secret')),
            ],
            options={
                'ordering': ['-version'],
                'verbose_name': 'former version',
                'verbose_name_plural': 'former versions',
            },
        ),
        migrations.AddIndex(
            model_name='datakey',
            index=models.Index(fields=['master_key_id', 'state'], name='secrets_data_key_master'),
        ),
        migrations.AddConstraint(
            model_name='datakey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner__isnull', True), ('project__isnull', False)), models.Q(('owner__isnull', False), ('project__isnull', True)), _connector='OR'), name='secrets_data_key_scope'),
        ),
        migrations.AddConstraint(
            model_name='datakey',
            constraint=models.UniqueConstraint(condition=models.Q(('owner__isnull', False), ('state', 'active')), fields=('owner',), name='secrets_data_key_user'),
        ),
        migrations.AddConstraint(
            model_name='datakey',
            constraint=models.UniqueConstraint(condition=models.Q(('project__isnull', False), ('state', 'active')), fields=('project',), name='secrets_data_key_project'),
        ),
        migrations.AddConstraint(
            model_name='secret',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner__isnull', True), ('project__isnull', False)), models.Q(('owner__isnull', False), ('project__isnull', True)), _connector='OR'), name='secrets_secret_scope'),
        ),
        migrations.AddConstraint(
            model_name='secret',
            constraint=models.UniqueConstraint(condition=models.Q(('owner__isnull', False)), fields=('owner', 'name'), name='secrets_secret_personal_name', violation_error_message='A secret with this name exists in this scope.'),
        ),
        migrations.AddConstraint(
            model_name='secret',
            constraint=models.UniqueConstraint(condition=models.Q(('project__isnull', False)), fields=('project', 'name'), name='secrets_secret_project_name', violation_error_message='A secret with this name exists in this scope.'),
        ),
        migrations.AddConstraint(
            model_name='secretversion',
            constraint=models.UniqueConstraint(fields=('secret', 'version'), name='secrets_version_once'),
        ),
    ]
