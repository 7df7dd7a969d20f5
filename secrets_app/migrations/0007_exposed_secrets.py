from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0006_operators'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExposedSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret_id', models.UUIDField()),
                ('entry_id', models.UUIDField()),
            ],
            options={
                'ordering': ['-entry_id'],
                'indexes': [models.Index(fields=['secret_id', 'entry_id'], name='secrets_exposed_secret')],
                'verbose_name': 'exposed secret',
                'verbose_name_plural': 'exposed secrets',
            },
        ),
    ]
