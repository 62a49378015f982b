#!/bin/sh
# Makes sure that there is an nginx for make bench-proxy: through the system's package manager, or by saying what to do.
set -eu
PATH=$PATH:/usr/sbin
if command -v nginx >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null; then
	echo "The comparison needs nginx: install it with your package manager, so that nginx is on the PATH." >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "The comparison needs nginx: run 'sudo apt-get install nginx-light', then this again." >&2
	exit 1
fi
echo "Installing nginx …"
log=$(mktemp)
if ! { apt-get update && apt-get install -y --no-install-recommends nginx-light; } >"$log" 2>&1; then
	tail -n 5 "$log" >&2
	echo "nginx could not be installed; the lines above say why, the whole log is $log." >&2
	exit 1
fi
rm "$log"
