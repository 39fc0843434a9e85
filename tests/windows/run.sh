#!/usr/bin/env bash
# Builds the tests for Windows and runs them on Linux, under Wine. Arguments go to `cargo test`:
#
#   run.sh [--no-default-features] [--test NAME]… [-- FILTER]     [default features, the suites below]
#
# Needs Debian's gcc-mingw-w64-x86-64 and wine64, and Rust's target x86_64-pc-windows-gnu. What it makes is below
# target/windows.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/target/windows
target=x86_64-pc-windows-gnu

die() {
    echo "run.sh: $*" >&2
    exit 2
}

wine=$(command -v wine64 || true)
[[ -n $wine ]] || wine=/usr/lib/wine/wine64
[[ -x $wine ]] || die "no wine64 here: apt-get install wine64"
command -v x86_64-w64-mingw32-gcc >/dev/null || die "no compiler for Windows here: apt-get install gcc-mingw-w64-x86-64"
rustup target list --installed | grep -qx $target || die "Rust does not build for Windows here: rustup target add $target"

export WINEPREFIX=$out/wine WINEDEBUG=-all
mkdir -p "$out"
if [[ ! -d $WINEPREFIX ]]; then
    "$wine" cmd /c exit >/dev/null 2>&1 || die "Wine does not start: WINEPREFIX=$WINEPREFIX $wine cmd"
fi
library=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
[[ -f $library ]] || x86_64-w64-mingw32-gcc -shared -o "$library" "$here/process_prng.c" -ladvapi32

suites=()
[[ " $* " == *" --test "* || " $* " == *" --lib "* || " $* " == *" --example "* ]] ||
    suites=(--lib --test core --test network --test websocket --test websocket_protocol)
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$wine
cd "$root"
exec cargo test --target $target --no-fail-fast "${suites[@]}" "$@"
