"""The audit log on the command line: chain, verify, export and prune it."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import CommandError, CommandParser
from django.db import close_old_connections

from neo_base.access.actors import Actor
from neo_base.audit.event_fields import moment
from neo_base.audit.subjects import Subject
from neo_base.commands import PatientCommand
from neo_base.progress import Show, shown
from neo_base.rest.outages import takes_nothing_now
from secrets_app.audit import chaining, checkpoints, export, outside, partitions, pruning
from secrets_app.audit.explanations import Explained, accept, entitlements, explain, is_emptied
from secrets_app.audit.recording import record
from secrets_app.audit.verification import Findings, Report, verify
from secrets_app.conf import conf
from secrets_app.crypto.errors import CryptoError
from secrets_app.management.moments import read_moment
from secrets_app.models import AuditEvent

logger = logging.getLogger(__name__)

WRONG, CANNOT_TELL = 1, 2
EMPTIED = (
    "The audit log is empty, although there are users or secrets. If it was emptied, restore it from a backup. If this "
    "installation is new, run: manage.py audit accept --yes"
)
UNEXPLAINED = (
    "No audit event explains what gives somebody access: whoever writes to the database can add such rows. Find out "
    "where they come from; revoke them, or accept them with: manage.py audit accept"
)


class Command(PatientCommand):
    help = "Chains the audit log in blocks, verifies it, exports it, and prunes old events."

    def add_arguments(self, parser: CommandParser) -> None:
        jobs = parser.add_subparsers(dest="job", required=True, parser_class=CommandParser)
        # `seal` is what this job was called first.
        chain = jobs.add_parser("chain", aliases=["seal"], help="Chain new events in blocks. Run it every minute.")
        chain.set_defaults(job="chain")
        chain.add_argument("--every", type=float, metavar="SECONDS", help="Repeat, instead of a timer.")
        check = jobs.add_parser(
            "verify",
            help=f"Exits with {WRONG} if the log was changed, with {CANNOT_TELL} if a key is missing, if the log is "
            "empty and should not be, or if no event explains what gives somebody access.",
        )
        check.add_argument(
            "--against",
            type=Path,
            metavar="FILE",
            help="Checkpoints, or an export that ends in one. Default: the file that the settings name, if they do.",
        )
        accept = jobs.add_parser("accept", help="Accept what gives access and no event explains, after a look at it.")
        accept.add_argument("--yes", action="store_true", help="Accept it. Without it, it is only listed.")
        jobs.add_parser("checkpoint", help="Print the current checkpoint, to keep elsewhere.")
        write = jobs.add_parser("export", help="Print everything as JSON Lines, a checkpoint last.")
        write.add_argument("--since", type=read_moment, metavar="WHEN", help="Leave out the blocks that end earlier.")
        divide = jobs.add_parser(
            "partition", help="On PostgreSQL: keep the log in a partition for each month, which `prune` drops."
        )
        divide.add_argument("--if-partitioned", action="store_true", help="Only add months, as the worker does.")
        prune = jobs.add_parser("prune", help="Delete the events of old blocks. The chain stays verifiable.")
        prune.add_argument(
            "--before", type=read_moment, required=True, metavar="WHEN", help="2026-01-31, or with a time."
        )
        prune.add_argument("--dry-run", action="store_true", help="Only count the events.")

    def may_begin_again(self, options: dict[str, Any]) -> bool:
        # A part of an export may have been printed, and `--every` waits by itself.
        return options["job"] != "export" and options.get("every") is None

    def handle(self, *, job: str, **options: Any) -> None:
        try:
            getattr(self, job)(**options)
        except CryptoError as error:
            raise CommandError(str(error), returncode=CANNOT_TELL) from None

    def chain(self, *, every: float | None, verbosity: int, **_: Any) -> None:
        if every is not None:
            # On a terminal, each round would leave a bar.
            self._chain_for_ever(every, 0 if self.stderr.isatty() else verbosity)
        try:
            self._chain_once(outside.keeper(), verbosity)
        except outside.NotKept as error:
            raise CommandError(str(error)) from None

    def _chain_for_ever(self, pause: float, verbosity: int) -> NoReturn:
        keeper: outside.Keeper | None = None
        while True:
            try:
                keeper = keeper or outside.keeper()
                self._chain_once(keeper, verbosity)
            except outside.NotKept as error:
                logger.error("audit.checkpoints_wait error=%s", type(error).__name__)
            except Exception as error:
                if not takes_nothing_now(error):
                    raise
                # The next run takes what this one left. `doctor` warns when nothing has been chained for long.
                logger.warning("audit.seal_waits error=%s", type(error).__name__)
            close_old_connections()
            time.sleep(pause)

    def _chain_once(self, keeper: outside.Keeper | None, verbosity: int) -> None:
        count = AuditEvent.objects.filter(block=None).count()
        with shown(self.stderr, total=count, what="events", verbosity=verbosity) as show:
            chained = chaining.chain_events(progress=show)
        self.stdout.write(f"Chained: {chained}.")
        if keeper is not None:
            keeper.keep()

    def verify(self, *, against: Path | None, verbosity: int, **_: Any) -> None:
        count = AuditEvent.objects.count()
        with shown(self.stderr, total=count, what="events", verbosity=verbosity) as show:
            report = _verified_against(against or _file_of_settings(), show)
        self._show("Unaltered", report.altered, f"The MACs of {report.events} events and {report.blocks} blocks match")
        is_empty = is_emptied()
        if is_empty:
            self.stdout.write("Complete: NO. There is no audit event, although there are users or secrets.")
        else:
            self._show("Complete", report.missing, _end_of(report))
        for key_id, retired in sorted(report.retired.items()):
            self.stdout.write(
                f"Not judged: {retired.unjudged} events and blocks up to block {retired.last_block}, under the retired "
                f"master key {key_id!a}."
            )
        if report.unknown_keys.count:
            self._show("Not verified", report.unknown_keys, "")
        explained = self._explained(verbosity)
        if report.altered.count or report.missing.count:
            raise CommandError("The audit log is not as it was written. Compare it with a backup.", returncode=WRONG)
        if not report.is_clean:
            raise CommandError("Master keys are missing. Put them back, and verify again.", returncode=CANNOT_TELL)
        if is_empty:
            raise CommandError(EMPTIED, returncode=CANNOT_TELL)
        if explained.unexplained:
            raise CommandError(UNEXPLAINED, returncode=CANNOT_TELL)

    def accept(self, *, yes: bool, verbosity: int, **_: Any) -> None:
        explained = self._explained(verbosity)
        if not yes:
            raise CommandError("Nothing was accepted. Look at each, and run the command with --yes to accept them.")
        accept(explained.unexplained, actor=Actor.system("audit accept"))
        self.stdout.write(f"Accepted: {len(explained.unexplained)}.")

    def _explained(self, verbosity: int) -> Explained:
        """Compare what gives access with the audit log, and show what was found."""
        with shown(self.stderr, total=entitlements(), what="rights", verbosity=verbosity) as show:
            explained = explain(progress=show)
        findings = Findings()
        for each in explained.unexplained:
            findings.add(str(each))
        counts = sorted(explained.counts.items())
        listed = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in counts)
        self._show("Explained", findings, f"What gives access: {listed or 'nothing'}")
        return explained

    def checkpoint(self, **_: Any) -> None:
        checkpoint = checkpoints.latest()
        if checkpoint is None:
            raise CommandError("There is no block yet. Run `audit chain` first.")
        self.stdout.write(export.line(checkpoint.as_json()), ending="")

    def export(self, *, since: datetime | None, verbosity: int, **_: Any) -> None:
        record("audit.exported", actor=Actor.system("audit export"), subject=Subject("audit"))
        # A bar among the lines on a terminal would spoil both.
        verbosity = 0 if self.stdout.isatty() else verbosity
        with shown(self.stderr, total=export.line_count(since=since), what="lines", verbosity=verbosity) as show:
            for number, line in enumerate(export.lines(since=since), start=1):
                self.stdout.write(line, ending="")
                show(number)

    def partition(self, *, if_partitioned: bool, **_: Any) -> None:
        if if_partitioned and not partitions.is_partitioned():
            self.stdout.write("Partitions: none.")
            return
        try:
            made = partitions.partition()
        except partitions.NeedsPostgreSQL as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Partitions: {len(made)}, for events before {moment(made[-1].end)}.")

    def prune(self, *, before: datetime, dry_run: bool, verbosity: int, **_: Any) -> None:
        count = pruning.prunable(before)
        if dry_run:
            self.stdout.write(f"Events to prune: {count}.")
            return
        with shown(self.stderr, total=count, what="events", verbosity=verbosity) as show:
            pruned = pruning.prune(actor=Actor.system("audit prune"), before=before, progress=show)
        self.stdout.write(f"Pruned: {pruned}.")

    def _show(self, question: str, findings: Findings, good: str) -> None:
        if not findings.count:
            self.stdout.write(f"{question}: yes. {good}.")
            return
        self.stdout.write(f"{question}: NO, {findings.count} findings.")
        for text in findings.shown:
            self.stdout.write(f"  {text}")
        if findings.count > len(findings.shown):
            self.stdout.write(f"  … and {findings.count - len(findings.shown)} more")


def _end_of(report: Report) -> str:
    later = f"{report.unchained} events are newer and not chained yet"
    if report.last is None:
        return f"Nothing is chained yet; {later}"
    pruned = f", {report.pruned} of them pruned" if report.pruned else ""
    return f"Up to block {report.last.sequence} of {moment(report.last.chained_at)}{pruned}; {later}"


def _file_of_settings() -> Path | None:
    """Return the file of checkpoints that the settings name; before the first block there is none."""
    if not conf.checkpoints or outside.is_url(conf.checkpoints) or checkpoints.latest() is None:
        return None
    return Path(conf.checkpoints)


def _verified_against(path: Path | None, show: Show) -> Report:
    if path is None:
        return verify(progress=show)
    try:
        with path.open(encoding="utf-8") as file:
            return verify(against=checkpoints.read(file), progress=show)
    except OSError as error:
        text = f"The checkpoint cannot be read ({error.strerror})."
    except UnicodeDecodeError:
        text = "The checkpoint is not UTF-8 text."
    except checkpoints.NotACheckpoint as error:
        text = str(error)
    raise CommandError(text, returncode=CANNOT_TELL)
