from secrets_app.models.data_key import DataKey, KeyCanary
from secrets_app.models.secret import Secret, SecretVersion
from secrets_app.models.token import ServiceToken

__all__ = ["DataKey", "KeyCanary", "Secret", "SecretVersion", "ServiceToken"]
