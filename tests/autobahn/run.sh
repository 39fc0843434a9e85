#!/usr/bin/env bash
# Runs the Autobahn test suite (https://github.com/crossbario/autobahn-testsuite) on slotwire, over loopback:
# its fuzzing client on `examples/echo.rs`, its fuzzing server on `examples/autobahn_client.rs`.
#
#   run.sh [--record] [--cases LIST] [server | client]
#
#   --cases LIST    ids or patterns, as "6.4.*,7.1.1" [*]
#   --record        writes what came out to RESULTS.md beside this script
#   server, client  that role of slotwire alone [both]
#
# Prints tables, and fails if a case is FAILED, NON-STRICT or without a result, or its close is not as it should
# be. The suite's own reports, with every byte on the wire, are then in target/autobahn/{server,client}/index.html.
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
roles=(server client)
record=no
while [ $# -gt 0 ]; do
    case $1 in
        --cases) cases=${2:?--cases needs a list} && shift ;;
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
trap stop_started EXIT

as_server() {
    local url
    "$examples/echo" --server --deflate --port 0 >"$out/server/echo.log" 2>&1 &
    started=$!
    url=$(url_in "$out/server/echo.log")
    suite client "$out/server" "$cases" "$url" >"$out/server/suite.log" 2>&1 ||
        echo "run.sh: the suite failed, see $out/server/suite.log" >&2
    stop_started
}

as_client() {
    local url
    "$python" "$here/suite.py" "$out/suite" server "$out/client" "$cases" >"$out/client/suite.log" 2>&1 &
    started=$!
    url=$(url_in "$out/client/suite.log")
    "$examples/autobahn_client" "$url" slotwire --deflate >"$out/client/client.log" 2>&1 ||
        echo "run.sh: the client failed, see $out/client/client.log" >&2
    stop_started
}

python=$(find_python27)
mkdir -p "$out"
install_suite
cargo build --quiet --release --manifest-path "$root/Cargo.toml" --example echo --example autobahn_client
examples=${CARGO_TARGET_DIR:-$root/target}/release/examples

runs=()
for role in "${roles[@]}"; do
    rm -rf "${out:?}/$role"
    mkdir -p "$out/$role"
    echo "run.sh: slotwire as a $role" >&2
    "as_$role"
    runs+=("$role=$out/$role")
done

status=0
suite report "${runs[@]}" >"$out/RESULTS.md" || status=$?
cat "$out/RESULTS.md"
if [ "$record" = yes ]; then
    cp "$out/RESULTS.md" "$here/RESULTS.md"
fi
exit $status
