#!/usr/bin/env bash
# Plays the scenarios to the real Qt (PySide6, installed by tests/interop/setup.sh) and compares what it does with the traces
# in qt/. With --write, records them anew, each only if five runs agree. NAME selects those whose names contain it.
#
#   record.sh [--write] [NAME]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
"$here/../interop/setup.sh"
python=$root/target/interop/venv/bin/python

aim=check-qt
if [ "${1:-}" = --write ]; then
    aim=qt
    shift
fi

# Qt's own event dispatcher, hash tables in one order, and nothing of the user's environment that changes what Qt does.
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY QT_LOGGING_RULES
export QT_NO_GLIB=1 QT_HASH_SEED=0 LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export SLOTWIRE_TRACES=$aim SLOTWIRE_SUBJECT="$python $here/qt_subject.py"
cd "$root"
exec cargo test --test traces -- --test-threads "${JOBS:-2}" "$@"
