"""Run one implementation job: ``python -m accel_core.physical JOB.json``."""

import sys

from accel_core.physical.in_process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
