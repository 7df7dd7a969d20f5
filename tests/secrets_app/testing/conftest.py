from secrets_app.testing.plugin import (  # noqa: F401  (fixtures)
    neo_admin,
    neo_exmember,
    neo_member,
    neo_other_project,
    neo_project,
    neo_stranger,
    neo_tenancy,
    neo_viewer,
)
