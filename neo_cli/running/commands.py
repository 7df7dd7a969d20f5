"""A command from its start to its end, and the signals in between.

Where the command stands towards the terminal decides who passes signals on:

- With a keyboard it has a terminal and a session of its own; keys become signals there. What is sent to us goes to its
  whole group.
- Without one, but started from a terminal, it stays in our group: the terminal signals both of us. What a program sends
  to us alone, and only that, goes to the command.
- With no terminal anywhere it has a session of its own, and its group gets every signal that we get.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from neo_cli.exits import Exit, Failure
from neo_cli.running.pumps import Pump
from neo_cli.running.terminal import Keyboard, Terminal

if TYPE_CHECKING:
    from secrets_app.redaction import Redactor

STDIN, STDOUT, STDERR = 0, 1, 2
BY_SIGNAL = 128
FORWARDED = {
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM),
}
WATCHED = FORWARDED | {signal.SIGCHLD, signal.SIGCONT, signal.SIGWINCH}


def run_command(command: Sequence[str], environment: Mapping[str, str], redactor: Redactor) -> int:
    """Run it to its end; its exit code as a shell says it, 128 and the number for a signal.

    Signals are left blocked, so that what comes after the command is not interrupted. Raises Failure where it cannot be
    started.
    """
    return _Run(command, environment, redactor).to_its_end()


class Event(NamedTuple):
    number: int
    is_from_a_program: bool


class _Run:
    def __init__(self, command: Sequence[str], environment: Mapping[str, str], redactor: Redactor) -> None:
        self._terminal = _terminal()
        self._has_keyboard = self._terminal is not None and self._terminal.has_keyboard
        self._is_apart = self._has_keyboard or not _has_controlling_terminal()
        self._watched = {each for each in WATCHED if signal.getsignal(each) is not signal.SIG_IGN}
        if self._is_apart and signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
            self._watched.add(signal.SIGTSTP)
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._watched)
        self._ended, self._still_running = os.pipe()
        outputs = _Outputs(self._terminal)
        self._process = self._start(command, environment, outputs)
        self._pumps = [
            Pump(source, target, redactor.fresh(), self._ended) for source, target in outputs.sources.items()
        ]

    def to_its_end(self) -> int:
        if self._terminal is not None:
            # Before the first output is seen, so that whoever answers to it finds the terminal ready.
            self._terminal.enter()
            if self._has_keyboard:
                self._keyboard(self._terminal).start()
        try:
            for pump in self._pumps:
                pump.start()
            code = self._wait()
            os.close(self._still_running)
            for pump in self._pumps:
                pump.join()
        finally:
            if self._terminal is not None:
                self._terminal.leave()
        return code

    def _start(
        self, command: Sequence[str], environment: Mapping[str, str], outputs: _Outputs
    ) -> subprocess.Popen[bytes]:
        stdin = self._terminal.slave if self._terminal is not None and self._has_keyboard else STDIN
        try:
            return subprocess.Popen(  # noqa: S603  # To run what it is told to is what it is for.
                command,
                env=environment,
                stdin=stdin,
                stdout=outputs.stdout,
                stderr=outputs.stderr,
                start_new_session=self._is_apart,
                preexec_fn=self._prepare,
            )
        except OSError as error:
            raise _not_started(error) from None
        finally:
            outputs.close_the_commands_ends()

    def _prepare(self) -> None:
        """In the new process: its terminal, and our mask of signals as we found it. No thread of ours runs yet."""
        if self._has_keyboard:
            fcntl.ioctl(STDIN, termios.TIOCSCTTY, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _keyboard(self, terminal: Terminal) -> Keyboard:
        return Keyboard(terminal, STDIN, self._ended, self._process.pid, lambda: os.kill(os.getpid(), signal.SIGTSTP))

    def _wait(self) -> int:
        while True:
            event = _next(self._watched)
            if event.number == signal.SIGCHLD:
                if (code := self._code()) is not None:
                    return code
            elif event.number == signal.SIGWINCH:
                self._resize()
            elif event.number == signal.SIGTSTP:
                # Once the command has stopped, so do we.
                self._send(signal.SIGSTOP)
            elif event.number == signal.SIGCONT:
                self._go_on(event)
            elif self._is_apart or event.is_from_a_program:
                self._send(event.number)

    def _code(self) -> int | None:
        """The exit code, or None where the command has not ended. Stops with it where it has stopped."""
        stops = os.WUNTRACED if self._is_apart else 0
        process, status = os.waitpid(self._process.pid, os.WNOHANG | stops)
        if process == 0:
            return None
        if os.WIFSTOPPED(status):
            self._stop()
            return None
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code
        return code if code >= 0 else BY_SIGNAL - code

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            if self._is_apart:
                os.killpg(self._process.pid, number)
            else:
                os.kill(self._process.pid, number)

    def _stop(self) -> None:
        """Stop as the command has; whoever started us can then do something else, and let us go on."""
        if self._terminal is not None:
            self._terminal.leave()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self, event: Event) -> None:
        if self._terminal is not None:
            self._terminal.enter()
        self._resize()
        if self._is_apart or event.is_from_a_program:
            self._send(signal.SIGCONT)

    def _resize(self) -> None:
        if self._terminal is not None:
            self._terminal.resize()


class _Outputs:
    """What the command writes to, and where we take each of that: a terminal for a terminal, else a pipe.

    Where our two streams are one, the command's are, too, so that the order of what it writes stays.
    """

    def __init__(self, terminal: Terminal | None) -> None:
        self.sources: dict[int, int] = {}
        self._closed_after_start: list[int] = []
        if terminal is not None:
            self.sources[terminal.master] = STDOUT
            self._closed_after_start.append(terminal.slave)
        self.stdout = terminal.slave if terminal is not None else self._pipe(STDOUT)
        is_shared = os.path.samestat(os.fstat(STDOUT), os.fstat(STDERR))
        if is_shared or (terminal is not None and os.isatty(STDERR)):
            self.stderr = self.stdout
        else:
            self.stderr = self._pipe(STDERR)

    def close_the_commands_ends(self) -> None:
        for descriptor in self._closed_after_start:
            os.close(descriptor)

    def _pipe(self, target: int) -> int:
        ours, theirs = os.pipe()
        self.sources[ours] = target
        self._closed_after_start.append(theirs)
        return theirs


def _terminal() -> Terminal | None:
    return Terminal(STDOUT, has_keyboard=os.isatty(STDIN)) if os.isatty(STDOUT) else None


def _has_controlling_terminal() -> bool:
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _next(watched: set[signal.Signals]) -> Event:
    """Wait for a signal. Where the system does not say who sent one, a terminal is taken to have."""
    if hasattr(signal, "sigwaitinfo"):
        event = signal.sigwaitinfo(watched)
        return Event(event.si_signo, event.si_code <= 0)
    return Event(signal.sigwait(watched), False)


def _not_started(error: OSError) -> Failure:
    if error.errno == errno.E2BIG:
        return Failure("The command's environment is too large. Deliver some secrets with --file.", Exit.DATA)
    if error.errno == errno.ENOENT:
        return Failure("The command, or the interpreter that it names, is not there.", Exit.COMMAND_NOT_FOUND)
    return Failure(f"The command cannot be started: {error.strerror}.", Exit.NOT_EXECUTABLE)
