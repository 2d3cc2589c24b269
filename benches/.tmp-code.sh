#!/usr/bin/env bash
# How long Plumb takes to judge generated Terraform, in files and in module calls, and how that grows.
#
#   benches/code.sh [RUNS]
#   CHECKOV=/path/to/venv/bin/checkov benches/code.sh [RUNS]     # the same trees with Checkov, and the ratios
#
# Checkov runs once for each size; it evaluates the same modules. Compare within one run: machines are noisy.
set -euo pipefail
cd "$(dirname "$0")/.."
runs="${1:-3}"
target="${CARGO_TARGET_DIR:-target}"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
for size in 13 130 1000 10000 100000; do
  python3 benches/code-tree.py "$work/$size" "$size"
done

python3 - /tmp/plumb-rel "$work" "$runs" "${CHECKOV:-}" <<'PYTHON'
import os, statistics, subprocess, sys, time

plumb, work, runs, checkov = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]

def once(command):
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

def measure(command, times):
    return [statistics.median(column) for column in zip(*(once(command) for _ in range(times)))]

print(f"{'what':32} {'wall s':>8} {'cpu s':>8} {'MiB':>8}")
for size in (13, 130, 1000, 10000, 100000):
    tree = f"{work}/{size}"
    own = measure([plumb, "scan", "code", tree, "--format", "json", "--quiet"], runs)
    print(f"{f'plumb, {size} resources':32} {own[0]:8.3f} {own[1]:8.3f} {own[2]:8.0f}", flush=True)
    if checkov and size <= 10000:
        peer = measure([checkov, "-d", tree, "--framework", "terraform", "--compact", "--quiet", "-o", "json"], 1)
        print(f"{f'checkov, {size} resources':32} {peer[0]:8.3f} {peer[1]:8.3f} {peer[2]:8.0f}")
        print(f"{'  ratio':32} {peer[0] / own[0]:8.1f} {peer[1] / own[1]:8.1f} {peer[2] / own[2]:8.1f}", flush=True)
PYTHON
