"""`neo run` on a terminal: the command gets its own, and the user's is restored afterwards."""

from __future__ import annotations

import sys

from tests.neo_cli.command import COMMAND, Neo
from tests.neo_cli.conftest import TOKEN
from tests.neo_cli.terminal import Terminal


def test_command_gets_a_terminal_of_the_same_size(runner: Neo) -> None:
    script = "test -t 0 && test -t 1 && test -t 2 && stty size; echo $GITHUB_TOKEN > /dev/tty; exit 6"
    with Terminal(runner, "run", "--", "sh", "-c", script) as terminal:
        assert terminal.wait() == 6
        assert terminal.screen == b"24 80\r\n{{$GITHUB_TOKEN}}\r\n"
        assert terminal.is_as_before()


def test_keys_reach_the_command_and_prompts_appear(runner: Neo) -> None:
    with Terminal(runner, "run", "--", "sh", "-c", "printf 'gh? '; read x; echo got $x $GITHUB_TOKEN") as terminal:
        terminal.wait_for("gh? ")
        terminal.press(b"two words\r")
        terminal.wait_for("got two words {{$GITHUB_TOKEN}}")
        assert terminal.wait() == 0
        assert TOKEN.encode() not in terminal.screen


def test_control_c_interrupts_the_command(runner: Neo) -> None:
    with Terminal(runner, "run", "--", "sh", "-c", "echo ready; exec sleep 60") as terminal:
        terminal.wait_for("ready")
        terminal.press(b"\x03")
        assert terminal.wait() == 130
        assert terminal.is_as_before()


def test_end_of_input_reaches_the_command(runner: Neo) -> None:
    with Terminal(runner, "run", "--", "sh", "-c", "echo ready; cat; exit 4") as terminal:
        terminal.wait_for("ready")
        terminal.press(b"\x04")
        assert terminal.wait() == 4


def test_resize_reaches_the_command(runner: Neo) -> None:
    script = "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done"
    with Terminal(runner, "run", "--", "sh", "-c", script) as terminal:
        terminal.wait_for("ready")
        terminal.resize(50, 132)
        terminal.wait_for("50 132")
        assert terminal.wait() == 0


def test_control_z_stops_and_fg_continues(runner: Neo) -> None:
    shell = ("bash", "--norc", "--noediting", "-i")
    with Terminal(runner, command=shell, variables={"PS1": "> "}) as terminal:
        terminal.wait_for("> ")
        line = f"{' '.join(COMMAND)} run -- sh -c 'echo be''gun; read x; echo got $x; exit 4'\n"
        terminal.press(line.encode())
        terminal.wait_for("begun")
        terminal.press(b"\x1a")
        terminal.wait_for("Stopped")
        # The terminal echoes the typed line, before or after the prompt, so the awaited answer is in capitals.
        terminal.press(b"stty -a | grep -o ' icanon' | tr a-z A-Z\n")
        terminal.wait_for(" ICANON")
        terminal.press(b"fg\n")
        terminal.wait_for("fg\r\n")
        terminal.press(b"more\r")
        terminal.wait_for("got more")
        terminal.wait_for("> ")
        terminal.press(b"echo code $?\n")
        terminal.wait_for("code 4")
        terminal.press(b"exit\n")
        assert terminal.wait() == 0


def test_shell_with_job_control_handles_control_z_itself(runner: Neo) -> None:
    with Terminal(runner, "run", "--", "bash", "--norc", "--noediting", "-i") as terminal:
        terminal.wait_for("bash")
        terminal.press(b"\x1a")
        # Two quotes split the word, so that the echo of the line is not taken for its output: a Control-Z before the
        # job runs would go to the shell.
        terminal.press(b"sh -c 'echo be''gun; read x'\n")
        terminal.wait_for("begun")
        terminal.press(b"\x1a")
        terminal.wait_for("Stopped")
        # The echo of a line may come before the shell's prompt, so only the split word tells the output from it.
        terminal.press(b"echo st''ill here\nexit 3\nexit 3\n")
        assert terminal.wait() == 3
        assert b"still here" in terminal.screen


def test_output_is_a_terminal_although_stdin_is_a_pipe(runner: Neo) -> None:
    program = "import sys; print(sys.stdin.isatty(), sys.stdout.isatty(), sys.stdin.read())"
    pipe = ("sh", "-c", 'echo piped | "$@"', "sh", *COMMAND)
    with Terminal(runner, "run", "--", sys.executable, "-c", program, command=pipe) as terminal:
        assert terminal.wait() == 0
        assert terminal.screen == b"False True piped\r\n\r\n"
