"""A second factor for the admin, by `django-otp`: installed when NEO_ADMIN_OTP is on, and not imported otherwise."""
