"""The pages of projects, where the app `projects` is installed: a host may have a project model of its own."""
