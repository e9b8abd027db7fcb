"""A process that owns the database and serves the runs until it is killed: DATABASE RUNS WORKER_SCRIPT."""

import sys
import time
from pathlib import Path

from accel_core.campaigns.server import CampaignServer
from accel_core.store import ResultStore

if __name__ == "__main__":
    database, runs, worker = sys.argv[1:]
    with ResultStore(database) as store, CampaignServer(store, Path(runs), worker_command=[sys.executable, worker]):
        print("serving", flush=True)
        while True:
            time.sleep(1)
