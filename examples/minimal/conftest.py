import minimal  # noqa: F401  (the settings)

pytest_plugins = ["secrets_app.testing.plugin"]
