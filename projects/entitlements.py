"""What gives access to projects, and the audit events that explain it: memberships, sharing and invitations."""

from __future__ import annotations

from neo_base.access.actors import ActorKind
from neo_base.access.roles import Role
from neo_base.audit.entitlements import Entitlement, EntitlementKind, Known, ReportedEvent
from neo_base.audit.subjects import Subject
from projects.models import Invitation, Membership, Project


def _membership(row: Membership) -> Entitlement:
    return Entitlement(
        subject=Subject.of_user(row.user),
        terms={"role": row.role},
        says=f"user {row.user_id} in project {row.project_id} as {row.role}",
        project_id=row.project_id,
    )


def _apply_to_memberships(known: Known, event: ReportedEvent) -> None:
    project = str(event.project_id)
    match event.event:
        case "project.created":
            # A system actor, such as a command, belongs to no project.
            if event.actor_kind != ActorKind.SYSTEM.value:
                known[project, event.actor_id] = {"role": Role.ADMIN.value}
        case "member.added" | "member.changed":
            known[project, event.subject_id] = {"role": event.data.get("role")}
        case "member.removed":
            known[project, event.subject_id] = None
        case "project.transferred":
            known[project, event.subject_id] = {"role": Role.ADMIN.value}
            known[project, event.actor_id] = {"role": Role.MEMBER.value}
        case "project.deleted":
            known.update(dict.fromkeys([key for key in known if key[0] == project]))


def _sharing(row: Project) -> Entitlement:
    return Entitlement(
        subject=row.subject, terms={}, says=f"project {row.pk} with everyone on the site", project_id=row.pk
    )


def _apply_to_sharing(known: Known, event: ReportedEvent) -> None:
    key = (str(event.project_id), str(event.project_id))
    if event.event == "project.deleted":
        known[key] = None
    elif "shared_with_team" in event.data:
        known[key] = {} if event.data["shared_with_team"] else None


def _invitation(row: Invitation) -> Entitlement:
    return Entitlement(
        subject=row.subject,
        terms={"role": row.role, "email": row.email, "project_id": str(row.project_id)},
        says=f"{row.pk} to project {row.project_id} as {row.role}",
        project_id=row.project_id,
    )


def _apply_to_invitations(known: Known, event: ReportedEvent) -> None:
    key = ("", event.subject_id)
    if event.event == "invitation.created":
        role, project = event.data.get("role"), str(event.project_id)
        known[key] = {"role": role, "email": event.subject_label, "project_id": project}
    else:
        known[key] = None


KINDS = (
    EntitlementKind(
        "membership",
        rows=lambda: Membership.objects.select_related("user").order_by("project_id", "pk"),
        read=_membership,
        events=frozenset(
            {
                "project.created",
                "project.transferred",
                "project.deleted",
                "member.added",
                "member.changed",
                "member.removed",
            }
        ),
        apply=_apply_to_memberships,
        is_found_by_project=True,
    ),
    EntitlementKind(
        "shared_project",
        rows=lambda: Project.objects.filter(shared_with_team=True).order_by("pk"),
        read=_sharing,
        events=frozenset({"project.updated", "project.deleted"}),
        apply=_apply_to_sharing,
        is_found_by_project=True,
    ),
    EntitlementKind(
        "invitation",
        rows=lambda: Invitation.objects.live().order_by("pk"),
        read=_invitation,
        events=frozenset({"invitation.created", "invitation.accepted", "invitation.declined", "invitation.revoked"}),
        apply=_apply_to_invitations,
    ),
)
