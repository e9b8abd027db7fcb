"""An EdgeTPU-class template: what PRIME (Kumar et al., ICLR 2022) designs from logged data alone.

A rectangle of processing elements (PEs); in each a memory for activations and cores that share it; in each core a
memory for parameters and lanes, each a multiply-add of four pairs. The simulator behind the released data is
proprietary. Ours has the same parameters and the same kinds of limits; its assumed constants (data/edgetpu.yaml) are
set such that random designs fail about as often, and take about as long, as those released.
"""

from accel_core.metrics import level_metric
from accel_core.platforms.base import Platform
from accel_core.platforms.edgetpu.applications import CONTEXT, applications
from accel_core.platforms.edgetpu.architecture import PARAMETERS, SPACE, constants
from accel_core.platforms.edgetpu.area import area_mm2, area_parts_mm2
from accel_core.platforms.edgetpu.breakdown import breakdown
from accel_core.platforms.edgetpu.logs import check_request, log, write_logs
from accel_core.platforms.edgetpu.metrics import METRICS, analytical, features
from accel_core.platforms.edgetpu.optima import optimum
from accel_core.platforms.edgetpu.rooflines import layers_of
from accel_core.platforms.logged import LoggedData
from accel_core.settings import Setting
from accel_core.workloads import runs_layers

EDGETPU = Platform(
    name="edgetpu",
    title="EdgeTPU-class",
    summary="A template of processing elements, cores and lanes with five kinds of memory; most of its designs cannot"
    " run a given network.",
    space=SPACE,
    workloads={name: application.workload for name, application in applications().items()},
    metrics=METRICS,
    own_metrics=tuple(
        metric
        for name in ("accesses_dram", "energy_dram_j")
        if (metric := level_metric(name, {"dram": "DRAM"})) is not None
    ),
    runs=runs_layers,
    analytical=analytical,
    features=features,
    logged=LoggedData(
        parameters=PARAMETERS,
        context=CONTEXT,
        inferences=int(constants()["inferences"]),
        applications=applications,
        area_mm2=area_mm2,
        area_parts_mm2=area_parts_mm2,
        optimum=optimum,
        breakdown=breakdown,
        layers_of=layers_of,
        check_request=check_request,
        log=log,
        write_logs=write_logs,
    ),
    settings={
        "analytical": {
            "inferences": Setting(
                int(constants()["inferences"]),
                "Inferences one after another that runtime and energy are of; the released runtimes are of 1000.",
                low=1,
                high=1_000_000,
            )
        }
    },
)

__all__ = ["EDGETPU"]
