"""Cycles, traffic and energy of a matrix product on a systolic array, by equations; standard library only.

    python model.py ROWS COLS DATAFLOW BUFFER_KB BYTES_PER_CYCLE WORKLOAD OUT.json

Compute cycles: Samajdar et al., "A Systematic Methodology for Characterizing Scalability of DNN Accelerators using
SCALE-Sim", ISPASS 2020, equations 1 to 4: an S_R x S_C product of depth T, folded onto an R x C array, takes
(2 R + C + T - 2) * ceil(S_R / R) * ceil(S_C / C) cycles, and the dataflow tells what S_R, S_C and T are.
Runtime: the larger of compute and memory cycles, a roofline (Williams, Waterman, Patterson, CACM 2009).
Energies: Horowitz, "Computing's energy problem", ISSCC 2014, 45 nm: 8-bit multiply 0.2 pJ, 32-bit add 0.1 pJ,
8 bytes of a 32 KB memory 20 pJ, 8 bytes of DRAM 1300 pJ (its lower value).
Assumed: 1 GHz, 8-bit operands, 32-bit partial sums, one band of rows held in the buffer while columns pass.
"""

import json
import math
import sys

CLOCK_HZ = 1e9
PARTIAL_SUM_BYTES = 4
MULTIPLY_ADD_J, SRAM_BYTE_J, DRAM_BYTE_J = 0.3e-12, 20e-12 / 8, 1300e-12 / 8

# M x N results of depth K. BERT-base: 128 tokens, hidden size 768, feed-forward 3072 (Devlin et al. 2018).
WORKLOADS = {"bert_feed_forward": (128, 3072, 768), "bert_query": (128, 768, 768), "square": (1024, 1024, 1024)}


def mapped(dataflow, m, n, k):
    """Return rows S_R, columns S_C and depth T of a dataflow (table 3 of the ISPASS paper)."""
    return {"os": (m, n, k), "ws": (k, n, m), "is": (k, m, n)}[dataflow]


def traffic(dataflow, row_folds, s_r, s_c, depth, buffer_bytes):
    """Return bytes to and from memory; the matrix that meets every band of rows stays in the buffer if it fits."""
    passing = depth * s_c
    stays = passing * (1 if dataflow == "os" else PARTIAL_SUM_BYTES) <= buffer_bytes / 2
    if dataflow == "os":
        return s_r * depth + passing * (1 if stays else row_folds) + s_r * s_c
    sums = 0 if stays else 2 * (row_folds - 1) * passing * PARTIAL_SUM_BYTES
    return s_r * depth + s_r * s_c + passing + sums


def evaluate(rows, cols, dataflow, buffer_kb, bytes_per_cycle, workload):
    """Return what the design takes, or why it cannot run."""
    m, n, k = WORKLOADS[workload]
    s_r, s_c, depth = mapped(dataflow, m, n, k)
    row_folds, column_folds = math.ceil(s_r / rows), math.ceil(s_c / cols)
    buffer_bytes, band = buffer_kb * 1024, min(rows, s_r) * depth
    if band > buffer_bytes / 2:
        return {"status": "infeasible", "reason": f"a band of {band} bytes does not fit half of {buffer_kb} KB"}
    compute = (2 * rows + cols + depth - 2) * row_folds * column_folds
    moved = traffic(dataflow, row_folds, s_r, s_c, depth, buffer_bytes)
    cycles = max(compute, math.ceil(moved / bytes_per_cycle))
    macs = m * n * k
    passed = (s_r * depth * column_folds + depth * s_c * row_folds) + s_r * s_c
    energy_j = macs * MULTIPLY_ADD_J + passed * SRAM_BYTE_J + moved * DRAM_BYTE_J
    return {
        "status": "ok",
        "cycles": cycles,
        "utilization": 100 * macs / (cycles * rows * cols),
        "runtime": cycles / CLOCK_HZ * 1e6,
        "energy": energy_j * 1e6,
        "traffic": moved / 1e6,
        "array": rows * cols,
    }


if __name__ == "__main__":
    rows, cols, dataflow, buffer_kb, bytes_per_cycle, workload, output = sys.argv[1:]
    found = evaluate(int(rows), int(cols), dataflow, int(buffer_kb), int(bytes_per_cycle), workload)
    with open(output, "w", encoding="utf-8") as stream:
        json.dump(found, stream)
