#!/usr/bin/env bash
# A scan of one AWS account next to Prowler: the same server, the same state, the same region, the same framework.
#
#   benches/compare-prowler.sh [RUNS] [MILLISECONDS]
#
# Makes its own virtual environments below the target folder, starts moto with an account in it, lets both tools scan it in turn,
# and prints wall time, CPU time, peak memory and requests of each with their ratios: once with answers that the server remembers
# and that take MILLISECONDS each, 50 unless told, as those of AWS do, and once with moto as it comes. Needs Python 3.11 or 3.12.
set -euo pipefail
cd "$(dirname "$0")/.."
runs="${1:-3}"
latency="${2:-50}"
target="${CARGO_TARGET_DIR:-target}"
work="$target/bench"
prowler_version=5.46.0
mkdir -p "$work"

cargo build --release --quiet -p plumb

# A folder with packages is complete when its stamp holds what was asked for.
environment() {
  local folder="$1" wanted="$2"
  shift 2
  if [ "$(cat "$folder/wanted" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    echo "$wanted" >"$folder/wanted"
  fi
}

moto="${PLUMB_PYTHON:-}"
if [ -z "$moto" ]; then
  environment "$work/moto" "$(sha256sum <xtask/requirements.txt)" -r xtask/requirements.txt
  moto="$work/moto/bin/python"
fi
prowler="${PROWLER:-}"
if [ -z "$prowler" ]; then
  environment "$work/prowler" "$prowler_version" "prowler==$prowler_version"
  prowler="$work/prowler/bin/prowler"
fi

exec "$moto" benches/prowler/compare.py "$target/release/plumb" "$prowler" "$work" "$runs" "$latency"
