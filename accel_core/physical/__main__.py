"""Run one implementation job: ``python -m accel_core.physical JOB.json``."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # Short-lived, and almost all it builds lives to its end; this saves a tenth of its own time.
    from accel_core.physical.in_process import main

    sys.exit(main(sys.argv[1]))
