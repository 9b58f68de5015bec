#!/usr/bin/env bash
# Unpacks the IMAP servers that can't be installed beside Dovecot into .servers/, for
# tests/functional/test_source_servers.py. Needs Debian's apt and dpkg-deb, not root.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(
    cyrus-imapd cyrus-common libxapian30 libpcre3 libical3
    courier-imap courier-authlib libcourier-unicode4 libidn12 libgamin0 gamin libgdbm6
)
done=.servers/done
[[ ! -e $done ]] || exit 0

rm -rf .servers
mkdir -p .servers/packages .servers/tree
(cd .servers/packages && apt-get download -q "${packages[@]}")
for package in .servers/packages/*.deb; do
    dpkg-deb -x "$package" .servers/tree
done
rm -r .servers/packages
touch "$done"
