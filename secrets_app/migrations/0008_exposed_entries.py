from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('secrets_app', '0007_exposed_secrets'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='exposedsecret',
            index=models.Index(fields=['entry_id'], name='secrets_exposed_entry'),
        ),
    ]
