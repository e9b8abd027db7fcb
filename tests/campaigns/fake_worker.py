"""A worker whose evaluations take as long, and go as wrong, as the environment says; started by path, like a real one.

FAKE_SECONDS: time one design takes. FAKE_LOG: file that gets one line for every evaluation begun. FAKE_POISON: value of
``features`` that kills the process. FAKE_TOOL: program line that each evaluation waits for, as for a tool.
"""

import os
import signal
import sys
import time
from pathlib import Path

import pandas as pd

from accel_core.campaigns.campaign import Campaign
from accel_core.campaigns.worker import main
from accel_core.evaluators import evaluate
from accel_core.process import Limits, run


def evaluate_slowly(campaign: Campaign, designs: pd.DataFrame, artifacts: Path) -> pd.DataFrame:
    with open(os.environ["FAKE_LOG"], "a", encoding="ascii") as log:
        log.writelines(f"{features}\n" for features in designs["features"])
    for features in designs["features"]:
        if str(features) == os.environ.get("FAKE_POISON"):
            os.kill(os.getpid(), signal.SIGKILL)
        if str(features) == os.environ.get("FAKE_BUG"):
            raise ZeroDivisionError("a mistake in the evaluator")
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
    if "FAKE_TOOL" in os.environ:
        run(os.environ["FAKE_TOOL"].split(), "tool", Limits(60.0))
    results = evaluate(campaign.platform, designs, campaign.fidelity, workload=campaign.workload, seed=campaign.seed)
    return results.assign(reason="", stage="")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], evaluate_slowly))
