from secrets_app.admin.data_key import DataKeyAdmin
from secrets_app.admin.secret import SecretAdmin

__all__ = ["DataKeyAdmin", "SecretAdmin"]
