from secrets_app.admin.data_key import DataKeyAdmin
from secrets_app.admin.secret import SecretAdmin
from secrets_app.admin.token import ServiceTokenAdmin

__all__ = ["DataKeyAdmin", "SecretAdmin", "ServiceTokenAdmin"]
