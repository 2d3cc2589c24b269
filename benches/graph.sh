#!/usr/bin/env bash
# Attack paths and choke points of generated graphs of 10,000, 100,000 and 1,000,000 nodes with ten times as many edges.
#
#   benches/graph.sh
#
# Prints nodes, edges, connected pairs, time and peak memory for each size; the time is for paths and choke points alone.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet -p plumb-graph --example scale
for nodes in 10000 100000 1000000; do
  "${CARGO_TARGET_DIR:-target}/release/examples/scale" "$nodes"
done
