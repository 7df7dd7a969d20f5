"""The process of the command: its start, the signals that it gets, and its end.

Who passes signals to the command depends on the terminal:

- If stdin and stdout are a terminal, the command gets a session and a terminal of its own, where keys become signals.
  We forward every signal that we get to its process group.
- If there is a controlling terminal, but stdin or stdout is something else, the command stays in our process group. The
  terminal signals both of us, so we forward only the signals that a program sent to us.
- If there is no terminal, the command gets a session of its own, and we forward every signal to its process group.
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

from neo_cli.exits import SIGNAL_BASE, Exit, Failure
from neo_cli.running.pumps import Pump
from neo_cli.running.terminal import Keyboard, Terminal

if TYPE_CHECKING:
    from secrets_app.redaction import Redactor

STDIN, STDOUT, STDERR = 0, 1, 2
FORWARDED = {
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM),
}
WATCHED = FORWARDED | {signal.SIGCHLD, signal.SIGCONT, signal.SIGWINCH}


def run_command(command: Sequence[str], environment: Mapping[bytes, bytes], redactor: Redactor) -> int:
    """Run the command and return its exit status: for a signal, 128 plus its number, as in a shell.

    Signals stay blocked afterwards, so that the clean-up after the command is not interrupted. Raise Failure if the
    command cannot be started, and, whatever its status is, if its output could not be written.
    """
    return _RunningCommand(command, environment, redactor).wait()


class SignalEvent(NamedTuple):
    """A signal that we got, and whether a program sent it rather than the terminal or the kernel."""

    number: int
    is_from_a_program: bool


class _RunningCommand:
    """A started command, with its terminal and the threads that copy its output.

    `_is_apart` is true if it has a session of its own. The pipe end `_ended` becomes readable when it has ended.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[bytes, bytes], redactor: Redactor) -> None:
        self._terminal = _open_terminal()
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

    def wait(self) -> int:
        """Copy output and forward signals until the command ends; return its exit status."""
        if self._terminal is not None:
            # Must happen before any output appears: a user may answer the first prompt at once.
            self._terminal.enter()
            if self._has_keyboard:
                self._keyboard(self._terminal).start()
        try:
            for pump in self._pumps:
                pump.start()
            code = self._wait_for_end()
            os.close(self._still_running)
            for pump in self._pumps:
                pump.join()
        finally:
            if self._terminal is not None:
                self._terminal.leave()
        for pump in self._pumps:
            if pump.error is not None:
                raise _not_written(pump.error, code)
        return code

    def _start(
        self, command: Sequence[str], environment: Mapping[bytes, bytes], outputs: _Outputs
    ) -> subprocess.Popen[bytes]:
        stdin = self._terminal.slave if self._terminal is not None and self._has_keyboard else STDIN
        try:
            return subprocess.Popen(  # noqa: S603  # Running the given command is the purpose of `neo run`.
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
            outputs.close_after_start()

    def _prepare(self) -> None:
        """Set up the new process: its controlling terminal, and the signal mask that we were started with.

        Forking is safe here, because none of our threads has started yet.
        """
        if self._has_keyboard:
            fcntl.ioctl(STDIN, termios.TIOCSCTTY, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _keyboard(self, terminal: Terminal) -> Keyboard:
        return Keyboard(terminal, STDIN, self._ended, self._process.pid, lambda: os.kill(os.getpid(), signal.SIGTSTP))

    def _wait_for_end(self) -> int:
        while True:
            event = _next_signal(self._watched)
            if event.number == signal.SIGCHLD:
                if (code := self._exit_status()) is not None:
                    return code
            elif event.number == signal.SIGWINCH:
                self._resize()
            elif event.number == signal.SIGTSTP:
                # SIGCHLD tells us when the command has stopped; then we stop, too.
                self._send(signal.SIGSTOP)
            elif event.number == signal.SIGCONT:
                self._continue(event)
            elif self._is_apart or event.is_from_a_program:
                self._send(event.number)

    def _exit_status(self) -> int | None:
        """Return the exit status, or None if the command has not ended. If it has stopped, stop ourselves."""
        stops = os.WUNTRACED if self._is_apart else 0
        process, status = os.waitpid(self._process.pid, os.WNOHANG | stops)
        if process == 0:
            return None
        if os.WIFSTOPPED(status):
            self._stop()
            return None
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code
        return code if code >= 0 else SIGNAL_BASE - code

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            if self._is_apart:
                os.killpg(self._process.pid, number)
            else:
                os.kill(self._process.pid, number)

    def _stop(self) -> None:
        """Stop this process, so that the shell that started us gets the terminal and can continue us later."""
        if self._terminal is not None:
            self._terminal.leave()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _continue(self, event: SignalEvent) -> None:
        if self._terminal is not None:
            self._terminal.enter()
        self._resize()
        if self._is_apart or event.is_from_a_program:
            self._send(signal.SIGCONT)

    def _resize(self) -> None:
        if self._terminal is not None:
            self._terminal.resize()


class _Outputs:
    """The command's output streams: a terminal if ours is one, else a pipe.

    `sources` maps what we read to the stream of ours that we copy it to. If our stdout and stderr are the same file,
    the command's are, too, so that the order of its output is kept.
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

    def close_after_start(self) -> None:
        for descriptor in self._closed_after_start:
            os.close(descriptor)

    def _pipe(self, target: int) -> int:
        ours, theirs = os.pipe()
        self.sources[ours] = target
        self._closed_after_start.append(theirs)
        return theirs


def _open_terminal() -> Terminal | None:
    return Terminal(STDOUT, has_keyboard=os.isatty(STDIN)) if os.isatty(STDOUT) else None


def _has_controlling_terminal() -> bool:
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _next_signal(watched: set[signal.Signals]) -> SignalEvent:
    """Wait for a signal and return it. If the system does not tell who sent it, assume the terminal."""
    if hasattr(signal, "sigwaitinfo"):
        event = signal.sigwaitinfo(watched)
        return SignalEvent(event.si_signo, event.si_code <= 0)
    return SignalEvent(signal.sigwait(watched), False)


def _not_written(error: OSError, code: int) -> Failure:
    return Failure(
        f"The command's output could not be written: {error.strerror}. What was written is incomplete. The command "
        f"itself ended with {code}.",
        Exit.OUTPUT_LOST,
    )


def _not_started(error: OSError) -> Failure:
    if error.errno == errno.E2BIG:
        return Failure("The command's environment is too large. Pass some secrets as files, with --file.", Exit.DATA)
    if error.errno == errno.ENOENT:
        return Failure("The command or the interpreter in its first line does not exist.", Exit.COMMAND_NOT_FOUND)
    return Failure(
        f"The command cannot be started: {error.strerror}. Check that it runs without neo.", Exit.NOT_EXECUTABLE
    )
