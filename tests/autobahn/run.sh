#!/usr/bin/env bash
# Runs the Autobahn test suite (https://github.com/crossbario/autobahn-testsuite) on slotwire, over loopback:
# its fuzzing client on `examples/echo.rs`, its fuzzing server on `examples/autobahn_client.rs`.
#
#   run.sh [--record] [--cases LIST] [--jobs N] [server | client]
#
#   --cases LIST    ids or patterns, as "6.4.*,7.1.1" [*]
#   --jobs N        parts of the cases that run at a time, for each role [the processors, shared by the roles]
#   --record        writes what came out to RESULTS.md beside this script
#   server, client  that role of slotwire alone [both]
#
# Prints tables, and fails if a case is FAILED, NON-STRICT or without a result, or its close is not as it should
# be. The suite's own reports, with every byte on the wire, are then in target/autobahn/{server,client}/PART/index.html.
#
# Nearly all of the time is spent in the suite, which uses one processor: 7 minutes of it for each role. So the roles run beside
# each other, and the cases of each in parts, each part with a suite and a program of its own.
#
# The suite is Python 2 and comes from PyPI, into target/autobahn/suite. It needs a CPython 2.7 that has pip, from
# PYTHON27, the path or pyenv; and a C compiler, for one of its packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/target/autobahn

die() {
    echo "run.sh: $*" >&2
    exit 2
}

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

cases='*'
jobs=
roles=(server client)
record=no
while [ $# -gt 0 ]; do
    case $1 in
        --cases) cases=${2:?--cases needs a list} && shift ;;
        --jobs) jobs=${2:?--jobs needs a number} && shift ;;
        --record) record=yes ;;
        server | client) roles=("$1") ;;
        --help | -h) usage && exit ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift
done

is_python27() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' 2>/dev/null
}

find_python27() {
    local candidate
    for candidate in "${PYTHON27:-}" python2.7 python2 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7.*/bin/python2.7; do
        # A shim of pyenv's is there also where its Python is not.
        if [ -n "$candidate" ] && is_python27 "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    die "found no Python 2.7, which the suite needs: set PYTHON27 to one (pyenv install 2.7.18)"
}

install_suite() {
    local stamp=$out/suite/installed wanted
    wanted=$(cksum <"$here/requirements.txt")
    if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    "$python" -m pip --version >/dev/null 2>&1 || die "$python has no pip: $python -m ensurepip"
    rm -rf "$out/suite"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$out/suite" \
        --requirement "$here/requirements.txt" >&2
    echo "$wanted" >"$stamp"
}

suite() {
    "$python" "$here/suite.py" "$out/suite" "$@"
}

# Waits until the program with that log, whose pid is $started, has said where it listens.
url_in() {
    local log=$1 url
    for _ in $(seq 100); do
        url=$(sed -n 's/.*listening on \(ws:[^ ]*\).*/\1/p' "$log")
        if [ -n "$url" ]; then
            echo "$url"
            return
        fi
        kill -0 "$started" 2>/dev/null || break
        sleep 0.1
    done
    cat "$log" >&2
    die "it does not listen"
}

started=
stop_started() {
    if [ -n "$started" ]; then
        kill "$started" 2>/dev/null || true
        wait "$started" 2>/dev/null || true
        started=
    fi
}

# A part of the cases, as "2/4", with slotwire in that role; the results go into that directory.
run_part() {
    local role=$1 part=$2 dir=$3
    trap stop_started EXIT
    mkdir -p "$dir"
    "as_$role" "$part" "$dir"
}

as_server() {
    local part=$1 dir=$2 url
    "$examples/echo" --server --deflate --port 0 >"$dir/echo.log" 2>&1 &
    started=$!
    url=$(url_in "$dir/echo.log")
    suite client "$dir" "$cases" "$part" "$url" >"$dir/suite.log" 2>&1 ||
        echo "run.sh: the suite failed, see $dir/suite.log" >&2
}

as_client() {
    local part=$1 dir=$2 url
    "$python" "$here/suite.py" "$out/suite" server "$dir" "$cases" "$part" >"$dir/suite.log" 2>&1 &
    started=$!
    url=$(url_in "$dir/suite.log")
    "$examples/autobahn_client" "$url" slotwire --deflate >"$dir/client.log" 2>&1 ||
        echo "run.sh: the client failed, see $dir/client.log" >&2
}

python=$(find_python27)
mkdir -p "$out"
install_suite
cargo build --quiet --release --manifest-path "$root/Cargo.toml" --example echo --example autobahn_client
examples=${CARGO_TARGET_DIR:-$root/target}/release/examples

count=$(suite count "$cases")
jobs=${jobs:-$(($(getconf _NPROCESSORS_ONLN) / ${#roles[@]}))}
jobs=$((jobs < 1 ? 1 : jobs > count ? count : jobs))

runs=()
for role in "${roles[@]}"; do
    rm -rf "${out:?}/$role"
    echo "run.sh: slotwire as a $role, $count cases in $jobs parts" >&2
    for part in $(seq "$jobs"); do
        run_part "$role" "$part/$jobs" "$out/$role/$part" &
        runs+=("$role=$out/$role/$part")
    done
done
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
wait

status=0
suite report "${runs[@]}" >"$out/RESULTS.md" || status=$?
cat "$out/RESULTS.md"
if [ "$record" = yes ]; then
    cp "$out/RESULTS.md" "$here/RESULTS.md"
fi
exit $status
