"""The physical flow in a process of its own, with limits, so that nothing it does can harm the caller."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from accel_core.errors import (
    EvaluationError,
    InfeasibleError,
    InvalidInputError,
    ToolFailedError,
    ToolNotFoundError,
    ToolTimeoutError,
)
from accel_core.physical.flow import implement
from accel_core.physical.report import write_report
from accel_core.physical.settings import FlowSettings
from accel_core.physical.stages import LOG, stages_in
from accel_core.physical.technology import load_technology
from accel_core.process import Limits, end_with, run
from accel_core.rtl import Rtl

_ROOT = Path(__file__).resolve().parents[2]
_JOB = ".job.json"
_ERRORS: Mapping[str, type[EvaluationError]] = {
    "infeasible": InfeasibleError,
    "failed": ToolFailedError,
    "timeout": ToolTimeoutError,
}


def implement_in_process(
    rtl: Rtl,
    technology_name: str | Path,
    settings: FlowSettings,
    artifacts: Path,
    cache: Path | None,
    limits: Limits,
) -> dict[str, Any]:
    """As ``implement``, in a child process; at its end nothing of its process group is left.

    Args:
        rtl: The design.
        technology_name: As for ``load_technology``.
        settings: What is asked for.
        artifacts: Folder for the files of this run. ``report.json`` is there afterward, whatever happens.
        cache: Folder of synthesized netlists and parsed libraries, or None.
        limits: Bounds on the whole run; memory is that of each of its processes.

    Returns:
        The metrics by name, and ``tool_versions``.

    Raises:
        InfeasibleError: If the design cannot exist.
        ToolFailedError: If a tool broke or the process died.
        ToolTimeoutError: If the run took longer than ``limits.seconds``.
    """
    artifacts = artifacts.absolute()
    artifacts.mkdir(parents=True, exist_ok=True)
    report_path, job_path = artifacts / "report.json", artifacts / _JOB
    report_path.unlink(missing_ok=True)
    (artifacts / LOG).unlink(missing_ok=True)
    job = {
        "rtl": asdict(rtl),
        "technology": str(technology_name),
        "settings": asdict(settings),
        "artifacts": str(artifacts),
        "cache": str(cache.absolute()) if cache else None,
        "parent": os.getpid(),
    }
    job_path.write_text(json.dumps(job))
    paths = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    # One thread each: designs run side by side, and sums must not depend on how many cores there are.
    env = {**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    # Thousands of these processes start; without compiled modules each would spend 0.2 s on compiling them.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        done = run([sys.executable, "-m", "accel_core.physical", str(job_path)], "flow", limits, env=env)
    finally:
        job_path.unlink(missing_ok=True)
    if report_path.is_file():
        report = json.loads(report_path.read_text())
        if report["status"] == "ok":
            return {**report["metrics"], "tool_versions": report["tool_versions"]}
        raise _ERRORS[report["status"]](report["stage"], report["reason"])
    error = _cause(artifacts, done.output, done.exit_code, done.timed_out, limits)
    write_report(
        report_path,
        {"status": error.status, "stage": error.stage, "reason": error.reason, "settings": asdict(settings)},
    )
    raise error


def main(job_path: str) -> int:
    """Run the job of a JSON file; everything that is printed goes to the run's ``flow.log``."""
    job = json.loads(Path(job_path).read_text())
    end_with(job["parent"])
    artifacts = Path(job["artifacts"])
    settings = FlowSettings(**job["settings"])
    cache = Path(job["cache"]) if job["cache"] else None
    with (artifacts / LOG).open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        technology = load_technology(job["technology"], cache)
        # No group of their own for tools: whoever ends this process' group ends them, too.
        unlimited = Limits(seconds=1e6)
        implement(Rtl.from_plain(job["rtl"]), technology, settings, artifacts, cache, unlimited, own_group=False)
    except EvaluationError:
        return 0  # Reported.
    except InvalidInputError as error:
        write_report(
            artifacts / "report.json",
            {"status": "failed", "stage": "setup", "reason": str(error), "settings": job["settings"]},
        )
        return 0
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _cause(artifacts: Path, output: str, exit_code: int, timed_out: bool, limits: Limits) -> EvaluationError:
    """What to say of a run that left no report."""
    log = artifacts / LOG
    text = (log.read_text(errors="replace") if log.is_file() else "") + output
    stages = stages_in(text)
    stage = stages[-1] if stages else "setup"
    if timed_out:
        return ToolTimeoutError(stage, f"not finished after {limits.seconds:g} s")
    if "MemoryError" in text or "bad_alloc" in text:
        return ToolFailedError(stage, f"needs more memory than the limit of {limits.memory_bytes / 1e9:g} GB")
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no output")
    if exit_code < 0:
        return ToolFailedError(stage, f"the process was ended by signal {-exit_code}; last output: {last}")
    kind = ToolNotFoundError if "ModuleNotFoundError" in last else ToolFailedError
    return kind(stage, f"the process ended with exit code {exit_code}: {last}")
