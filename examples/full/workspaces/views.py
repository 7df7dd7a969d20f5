from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workspaces.models import Workspace


class WorkspaceListView(APIView):
    def get(self, request: Request) -> Response:
        return Response(
            [{"key": row.key, "title": row.title} for row in Workspace.objects.filter(seats__person=request.user)]
        )


class DeploymentView(APIView):
    pass
