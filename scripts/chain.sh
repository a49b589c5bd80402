#!/bin/sh
# The whole chain in one workspace: bars in, patterns, a model, a backtest behind a gate; what closed since the last
# time traded on paper and held against the terminal; the same bars traded as the backtest did and held against it;
# a report.
#
#   chain.sh SYMBOL TIMEFRAME STRATEGY SINCE [option of fetch]...
#   chain.sh EURUSD M15 fvg_retest 2025-01-01
#
# Every step says its exit code on stderr. A code that does not mean "go on" ends the chain with that code:
# 3 of the gate before anything is traded, 9 of reconcile before anything is reported.
# The workspace is the current one, or ICTCLI_WORKSPACE; without options fetch refreshes what the config names.
set -u

if [ $# -lt 4 ]; then
    echo "usage: chain.sh SYMBOL TIMEFRAME STRATEGY SINCE [option of fetch]..." >&2
    exit 2
fi
symbol=$1 timeframe=$2 strategy=$3 since=$4
shift 4

step() {
    code=0
    ictcli "$@" || code=$?
    printf 'chain: %s: exit %s\n' "$1" "$code" >&2
    [ "$code" -eq 0 ] || exit "$code"
}

if [ $# -gt 0 ]; then step fetch "$symbol" "$@"; else step fetch; fi
step detect "$symbol" -t "$timeframe"
step train "$symbol" -t "$timeframe" --start "$since"
step backtest "$symbol" -t "$timeframe" --strategy "$strategy" --start "$since" --gate config/gates.toml
step trade "$symbol" -t "$timeframe" --strategy "$strategy" --paper --once
step reconcile --since "$since"
step trade "$symbol" -t "$timeframe" --strategy "$strategy" --replay "$since.." --speed max
step reconcile --ledger replay --against-backtest --since "$since"
step report live
step report latest --full --out report.txt
