#!/bin/sh
# The main job, end to end, on the built-in simulated market: twice the same market rules, once with a
# planted edge and once without. The gate must pass on the first and fail, exit 3, on the second.
set -eu

workspace="${1:-demo}"
years=2
symbols="EURUSD XAUUSD"

bold='' plain=''
# Headings go to stderr; a run whose stdout is redirected keeps no escape codes anywhere.
if [ -t 1 ] && [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain" >&2; }
run() { printf '$ %s\n' "$*" >&2; "$@"; }

run ictcli init "$workspace" --force --quiet
ICTCLI_WORKSPACE="$(cd "$workspace" && pwd)"
export ICTCLI_WORKSPACE
# Sizes stay those of the opening balance: an edge planted for two years, compounded, gives figures nobody believes.
export ICTCLI_SIZING__COMPOUND=false

say "1/4  Two simulated markets, $years years of one-minute bars: one with a planted edge, one without"
# shellcheck disable=SC2086
run ictcli fetch $symbols --source sim --label planted --edge 1.0 --seed 7 --years $years
# shellcheck disable=SC2086
run ictcli fetch $symbols --source sim --label null --edge 0 --seed 7 --years $years

say "2/4  Patterns on fifteen-minute bars"
# shellcheck disable=SC2086
run ictcli detect $symbols --source planted -t M15

say "3/4  Backtest behind a gate: the planted edge must pass"
# shellcheck disable=SC2086
run ictcli backtest $symbols --source planted -t M15 --strategy fvg_retest --gate config/gates.toml
run ictcli report latest --full --out "$ICTCLI_WORKSPACE/report.txt"

say "4/4  The same backtest without an edge: the gate must not pass"
code=0
# shellcheck disable=SC2086
run ictcli backtest $symbols --source null -t M15 --strategy fvg_retest --gate config/gates.toml || code=$?
if [ "$code" -ne 3 ]; then
    echo "the gate let a market without an edge pass (exit $code instead of 3)" >&2
    exit 1
fi
echo "exit $code: the gate did its work" >&2

say "What else the report of the run that passed holds"
sed -n '/^Symbol /,/^Fill assumptions/p' "$ICTCLI_WORKSPACE/report.txt" | sed '$d'

say "Whole report, with fill assumptions and provenance: $workspace/report.txt"
