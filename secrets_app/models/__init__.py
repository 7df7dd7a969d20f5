from secrets_app.models.data_key import DataKey, KeyCanary
from secrets_app.models.secret import Secret, SecretVersion

__all__ = ["DataKey", "KeyCanary", "Secret", "SecretVersion"]
