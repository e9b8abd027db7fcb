"""Entry of ``python -m accel_core``."""

import sys

from accel_core.cli import main

sys.exit(main())
