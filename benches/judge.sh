#!/usr/bin/env bash
# How long Plumb takes to judge 100,000 and 1,000,000 resources with the whole catalogue, and to start up.
#
#   benches/judge.sh [RUNS]
#
# The first two leave the security graph out; the third builds it, with attack paths and the risk of every failure.
#
# Prints, for each size, the median wall time, CPU time and peak memory of a whole process that reads a snapshot, judges it and
# writes nothing but the summary; and the growth from the smaller to the larger estate.
set -euo pipefail
cd "$(dirname "$0")/.."
runs="${1:-3}"
target="${CARGO_TARGET_DIR:-target}"
work="$target/bench"
mkdir -p "$work"
cargo build --release --quiet -p plumb
plumb="$target/release/plumb"

for resources in 100000 1000000; do
  snapshot="$work/estate-$resources.plumb"
  [ -s "$snapshot" ] || "$plumb" demo --resources "$resources" --snapshot "$snapshot" --paths never --quiet >"$work/demo.txt"
done
paths="$work/estate-paths.plumb"
[ -s "$paths" ] || "$plumb" demo --resources 100000 --snapshot "$paths" --quiet >"$work/demo.txt"

python3 - "$plumb" "$work" "$runs" <<'PYTHON'
import os, resource, statistics, subprocess, sys, time

plumb, work, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])

def measure(arguments):
    rows = []
    for _ in range(runs):
        start = time.monotonic()
        process = subprocess.Popen([plumb, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        rows.append((time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    return [statistics.median(column) for column in zip(*rows)]

print(f"{'what':32} {'wall s':>8} {'cpu s':>8} {'MiB':>8}")
medians = {}
for name, arguments in [
    ("start-up: policy list", ["policy", "list"]),
    ("judge 100,000 resources", ["scan", "snapshot", f"{work}/estate-100000.plumb", "--paths", "never"]),
    ("judge 1,000,000 resources", ["scan", "snapshot", f"{work}/estate-1000000.plumb", "--paths", "never"]),
    ("100,000 with graph and paths", ["scan", "snapshot", f"{work}/estate-paths.plumb"]),
]:
    wall, cpu, memory = medians[name] = measure(arguments)
    print(f"{name:32} {wall:8.3f} {cpu:8.3f} {memory:8.0f}")
small, large = medians["judge 100,000 resources"], medians["judge 1,000,000 resources"]
print("growth for ten times the resources: " + ", ".join(
    f"{label} {large[i] / small[i]:.1f}x" for i, label in enumerate(["wall", "cpu", "memory"])))
PYTHON
