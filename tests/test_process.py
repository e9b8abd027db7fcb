"""Subprocesses: what they leave behind, their limits, and a kill that leaves no child."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from accel_core import process
from accel_core.errors import ToolNotFoundError
from accel_core.process import Limits, kill_group, kill_running, run, run_guarded, spawn_detached

PYTHON = sys.executable


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs; a zombie that nobody has waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_output_and_exit_code_are_kept(tmp_path):
    code = "import os, sys; print(os.getcwd(), os.environ['WORD']); print('bad', file=sys.stderr); sys.exit(3)"
    finished = run([PYTHON, "-c", code], "test", Limits(), cwd=tmp_path, env={"WORD": "hello"})
    assert finished.exit_code == 3
    assert not finished.timed_out
    assert set(finished.output.splitlines()) == {"bad", f"{tmp_path} hello"}


def test_output_that_is_not_text_is_kept_readable():
    finished = run([PYTHON, "-c", "import sys; sys.stdout.buffer.write(b'caf\\xe9')"], "test", Limits())
    assert finished.output == "caf\ufffd"


def test_cpu_time_is_the_childs():
    busy = run([PYTHON, "-c", "import time\nwhile time.process_time() < 0.4: pass"], "test", Limits())
    assert 0.4 <= busy.cpu_s < 5


def test_the_time_limit_ends_the_whole_group(tmp_path):
    pid_file = tmp_path / "pid"
    # The grandchild ignores polite signals and would outlive its parent.
    code = (
        "import os, signal, sys, time\n"
        "if os.fork() == 0:\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"    open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    start = time.monotonic()
    finished = run([PYTHON, "-c", code], "test", Limits(seconds=3))
    assert finished.timed_out
    assert finished.exit_code < 0
    assert time.monotonic() - start < 20
    assert wait_until(lambda: not is_alive(int(pid_file.read_text())))


def test_a_child_left_behind_is_ended_too(tmp_path):
    pid_file = tmp_path / "pid"
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.close(1); os.close(2)\n"
        f"    open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "else:\n"
        "    time.sleep(1)\n"
    )
    finished = run([PYTHON, "-c", code], "test", Limits())
    assert (finished.exit_code, finished.timed_out) == (0, False)
    assert wait_until(lambda: not is_alive(int(pid_file.read_text())))


def test_the_memory_limit_holds():
    code = "try:\n    bytearray(2**30)\nexcept MemoryError:\n    print('out of memory')"
    finished = run([PYTHON, "-c", code], "test", Limits(memory_bytes=2**29))
    assert finished.output == "out of memory\n"


def test_a_missing_program_is_named_with_its_stage():
    with pytest.raises(ToolNotFoundError, match="synthesis: the program 'no-such-tool' is not installed"):
        run(["no-such-tool"], "synthesis", Limits())


def test_a_detached_process_has_its_own_group_and_log(tmp_path):
    log = tmp_path / "log"
    code = "import os, time; print(os.getpgid(0), flush=True); time.sleep(60)"
    pid = spawn_detached([PYTHON, "-c", code], log)
    try:
        assert wait_until(lambda: log.read_text().strip() != "")
        assert int(log.read_text()) == pid != os.getpgid(0)
        assert is_alive(pid)
    finally:
        kill_group(pid)
    assert wait_until(lambda: not is_alive(pid))
    os.waitpid(pid, 0)
    kill_group(pid)


def test_a_process_ends_with_its_parent_however_that_one_ends(tmp_path):
    pid_file = tmp_path / "pid"
    child = (
        "import os, sys, time; from accel_core.process import end_with; end_with(int(sys.argv[1]))\n"
        f"open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    parent = (
        "import os, sys; from accel_core.process import Limits, run\n"
        f"run([sys.executable, '-c', {child!r}, str(os.getpid())], 'test', Limits())"
    )
    started = spawn_detached([PYTHON, "-c", parent], tmp_path / "log", env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text(), 20)
    assert is_alive(int(pid_file.read_text()))
    kill_group(started)
    assert wait_until(lambda: not is_alive(int(pid_file.read_text())))
    os.waitpid(started, 0)


def test_what_is_running_can_be_ended_from_another_thread():
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(run, [PYTHON, "-c", "import time; time.sleep(60)"], "test", Limits())
        assert wait_until(lambda: process._running)
        kill_running()
        assert slow.result(10).exit_code == -9
    assert not process._running


@pytest.mark.parametrize(("ending", "code"), [("exit 3", 3), ("kill -SEGV $$", -11), ("true", 0)])
def test_a_guarded_program_ends_as_it_would_alone(tmp_path, ending, code):
    finished = run_guarded(["sh", "-c", f"pwd; echo bad >&2; {ending}"], "test", Limits(), tmp_path)
    assert finished.exit_code == code
    assert set(finished.output.splitlines()) == {"bad", str(tmp_path)}


def test_a_missing_guarded_program_is_named_with_its_stage(tmp_path):
    with pytest.raises(ToolNotFoundError, match="timeloop: the program 'no-such-tool' is not installed"):
        run_guarded(["no-such-tool"], "timeloop", Limits(), tmp_path)


def test_a_guarded_program_ends_with_the_process_that_wanted_it(tmp_path):
    pid_file = tmp_path / "pid"
    parent = (
        "from pathlib import Path; from accel_core.process import Limits, run_guarded\n"
        f"run_guarded(['sh', '-c', 'echo $$ > pid; sleep 60'], 'test', Limits(), Path({str(tmp_path)!r}))"
    )
    started = spawn_detached([PYTHON, "-c", parent], tmp_path / "log", env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), 20)
    assert is_alive(int(pid_file.read_text()))
    kill_group(started)
    assert wait_until(lambda: not is_alive(int(pid_file.read_text())))
    os.waitpid(started, 0)
