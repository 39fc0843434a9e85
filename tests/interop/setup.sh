#!/usr/bin/env bash
# Installs the foreign peers of the interop tests in target/interop, at the versions pinned in
# requirements.txt and package.json. Done already, it does nothing. As root on Debian it also installs
# what the machine lacks for them: Python's venv, node, the libraries that Qt links to, Chromium, proxies, and openssl.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../../target/interop
mkdir -p "$out"
out=$(cd "$out" && pwd)
stamp=$out/installed
wanted=$(cat "$here/requirements.txt" "$here/package.json" "${BASH_SOURCE[0]}" | cksum)

works() {
    "$out/venv/bin/python" -c 'import websockets; from PySide6 import QtCore, QtNetwork, QtWebSockets' &&
        NODE_PATH=$out/node_modules node -e 'require("ws")'
}

# As tests/interop/browser.rs looks for it.
has_browser() {
    command -v "${SLOTWIRE_BROWSER:-chromium}" || command -v chromium-browser || command -v google-chrome
} >/dev/null

# As tests/interop/proxies.rs looks for them.
has_proxies() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    command -v tinyproxy && command -v squid && command -v microsocks && command -v danted
} >/dev/null

# Not everybody is root on Debian: elsewhere a package that is missing has to be installed by hand.
install_packages() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "setup.sh: missing and not installable from here: $*" >&2
        exit 1
    fi
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && has_browser && has_proxies && works 2>/dev/null; then
    echo "interop peers: in $out already"
    exit
fi

python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3 python3-venv
command -v node >/dev/null || install_packages nodejs
command -v npm >/dev/null || install_packages npm
has_browser || install_packages chromium
has_proxies || install_packages tinyproxy squid microsocks dante-server
command -v openssl >/dev/null || install_packages openssl

rm -rf "$out/venv" "$out/node_modules" "$stamp"
python3 -m venv "$out/venv"
"$out/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cp "$here/package.json" "$out/"
npm install --prefix "$out" --no-package-lock --no-audit --no-fund --loglevel=error

works 2>/dev/null ||
    install_packages libbrotli1 libdbus-1-3 libegl1 libglib2.0-0 libgl1 libgssapi-krb5-2 libxkbcommon0 libzstd1
works
echo "$wanted" >"$stamp"
echo "interop peers: installed in $out"
