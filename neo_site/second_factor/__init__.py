"""A second factor for the admin, by `django-otp`. Installed when NEO_ADMIN_OTP is on, and not imported otherwise."""
