from django.contrib.admin import AdminSite


class OfficeSite(AdminSite):
    site_header = "The office"

    def __init__(self, name: str = "office") -> None:
        super().__init__(name)
