#!/bin/sh
# Makes sha1leaf.pem, a chain that rcgen cannot make: a leaf whose signature is over SHA-1, and its root. Their dates are
# absolute (2026 and 2027); the tests say what time it is. Made once, with OpenSSL 3.0.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
: >index
echo 01 >serial
cat >ca.cnf <<'CNF'
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
policy = any
default_md = sha256
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
[leaf]
subjectAltName = DNS:localhost
authorityKeyIdentifier = keyid
CNF
for name in root leaf; do
    openssl genrsa -out $name.key 2048
done
openssl req -new -key root.key -subj /CN=Root -out root.csr
openssl req -new -key leaf.key -subj /CN=localhost -out leaf.csr
dates="-startdate 20260101000000Z -enddate 20280101000000Z"
openssl ca -batch -notext -config ca.cnf -selfsign -keyfile root.key -in root.csr -out root.pem -extensions root $dates
openssl ca -batch -notext -config ca.cnf -cert root.pem -keyfile root.key -in leaf.csr -out leaf.pem -extensions leaf -md sha1 $dates
cat leaf.pem root.pem >"$out/sha1leaf.pem"
rm -r "$work"
