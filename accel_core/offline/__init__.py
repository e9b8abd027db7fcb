"""Learning from logged designs alone, infeasible ones included: a conservative model, and an optimizer that runs on it.

After PRIME (Kumar et al., "Data-Driven Offline Optimization for Architecting Hardware Accelerators", ICLR 2022). The
room sees tables, never evaluators, platforms or the store, so it cannot simulate. Importing it imports JAX.
"""

from accel_core.offline.offline_model import OfflineModel
from accel_core.offline.settings import LAYERED, PUBLISHED, OfflineSettings
from accel_core.offline.train_offline import train_offline

__all__ = ["LAYERED", "PUBLISHED", "OfflineModel", "OfflineSettings", "train_offline"]
