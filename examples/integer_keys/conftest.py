pytest_plugins = ["secrets_app.testing.plugin"]
