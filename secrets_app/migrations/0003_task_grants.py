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
        ('secrets_app', '0002_service_tokens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(PROJECT_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='secret',
            name='grant_id',
            field=models.UUIDField(editable=False, null=True, verbose_name='made under the grant'),
        ),
        migrations.AddField(
            model_name='secret',
            name='is_maskable',
            field=models.BooleanField(default=False, editable=False, help_text='Long enough to be found and hidden in what a task prints.'),
        ),
        migrations.AddField(
            model_name='secret',
            name='is_quarantined',
            field=models.BooleanField(default=False, editable=False, help_text='Made by a task, and seen by no other task until a person promotes it.', verbose_name='is quarantined'),
        ),
        migrations.AddField(
            model_name='secret',
            name='promoted_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='secret',
            name='task_id',
            field=models.CharField(blank=True, editable=False, max_length=128, verbose_name='made by the task'),
        ),
        migrations.AddField(
            model_name='secretversion',
            name='is_maskable',
            field=models.BooleanField(default=False, editable=False, help_text='Long enough to be found and hidden in what a task prints.'),
        ),
        migrations.CreateModel(
            name='TaskGrant',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name='id')),
                ('task_id', models.CharField(blank=True, max_length=128, verbose_name='task')),
                ('thread_id', models.CharField(blank=True, max_length=128, verbose_name='thread')),
                ('prefix', models.CharField(help_text='The first characters, to recognise it by.', max_length=16, verbose_name='prefix')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('latest', models.BooleanField(default=False, help_text='Gives the values of the moment, not those of the grant.', verbose_name='latest')),
                ('omitted', models.JSONField(default=list, help_text='Names that the task does not see, and why.')),
                ('max_uses', models.PositiveIntegerField(help_text='Empty for any number, until it ends.', null=True, verbose_name='max uses')),
                ('uses', models.PositiveIntegerField(default=0, verbose_name='uses')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('last_used_at', models.DateTimeField(null=True, verbose_name='last used at')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked at')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='grantor')),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=PROJECT_MODEL, to_field=PROJECT_FIELD, verbose_name='project')),
                ('service_token', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='secrets_app.servicetoken', verbose_name='service token')),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'verbose_name': 'task grant',
                'verbose_name_plural': 'task grants',
            },
        ),
        migrations.CreateModel(
            name='GrantedSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, verbose_name='name')),
                ('origin', models.CharField(choices=[('personal', 'Personal'), ('project', 'Project')], max_length=16, verbose_name='origin')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('reason', models.CharField(choices=[('default', 'Default'), ('selected', 'Selected'), ('remembered', 'Remembered'), ('created', 'Created')], max_length=16, verbose_name='reason')),
                ('secret', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='granted', to='secrets_app.secret', verbose_name='secret')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='granted', to='secrets_app.taskgrant', verbose_name='grant')),
            ],
            options={
                'ordering': ['name'],
                'verbose_name': 'granted secret',
                'verbose_name_plural': 'granted secrets',
            },
        ),
        migrations.CreateModel(
            name='RememberedName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('thread_id', models.CharField(max_length=128, verbose_name='thread')),
                ('origin', models.CharField(choices=[('personal', 'Personal'), ('project', 'Project')], max_length=16, verbose_name='origin')),
                ('name', models.CharField(max_length=128, verbose_name='name')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=PROJECT_MODEL, to_field=PROJECT_FIELD, verbose_name='project')),
            ],
            options={
                'ordering': ['thread_id', 'name', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('project__isnull', False)), fields=('owner', 'project', 'thread_id', 'origin', 'name'), name='secrets_remembered_in_project'), models.UniqueConstraint(condition=models.Q(('project__isnull', True)), fields=('owner', 'thread_id', 'origin', 'name'), name='secrets_remembered_personal')],
                'verbose_name': 'remembered name',
                'verbose_name_plural': 'remembered names',
            },
        ),
        migrations.AddIndex(
            model_name='taskgrant',
            index=models.Index(fields=['owner', '-created_at'], name='secrets_grant_owner'),
        ),
        migrations.AddConstraint(
            model_name='grantedsecret',
            constraint=models.UniqueConstraint(fields=('grant', 'name'), name='secrets_granted_once'),
        ),
    ]
