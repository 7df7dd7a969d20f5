"""The site's own tests: the same before secrets_app and after."""

import io

from django.core.management import call_command
from django.test import TestCase
from rest_framework.authtoken.models import Token

from users.models import User


class ApiTests(TestCase):
    def setUp(self):
        self.user = User.objects.create_user("user@example.com", "correct horse battery staple")

    def test_nobody_is_refused_with_403(self):
        for path in ("/api/users/", "/api/users/me/", "/api/schema/"):
            answer = self.client.get(path)
            self.assertEqual((answer.status_code, answer.headers.get("WWW-Authenticate")), (403, None))

    def test_a_key_of_a_gateway_is_nobodys_business(self):
        self.client.force_login(self.user)
        self.assertEqual(self.client.get("/api/users/me/", headers={"X-Api-Key": "of a gateway"}).status_code, 200)

    def test_a_token_of_drf_signs_in(self):
        header = {"Authorization": f"Token {Token.objects.create(user=self.user).key}"}
        self.assertEqual(self.client.get("/api/users/me/", headers=header).status_code, 200)

    def test_a_user_changes_their_name(self):
        self.client.force_login(self.user)
        path = f"/api/users/{self.user.pk}/"
        self.assertEqual(self.client.patch(path, {"name": "New"}, "application/json").status_code, 200)

    def test_people_sign_in_by_email(self):
        self.assertContains(self.client.get("/accounts/login/"), "Email")
        self.assertTrue(self.client.login(email="user@example.com", password="correct horse battery staple"))

    def test_the_document_has_no_warning(self):
        call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO())
