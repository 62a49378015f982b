#!/bin/sh
# Makes sure that there is a Chromium for the browser tests: through the system's package manager, or by saying what to do.
set -eu
for name in chromium chromium-browser google-chrome; do
	if command -v "$name" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null; then
	echo "The browser tests need Chromium: install it with your package manager, so that chromium is on the PATH." >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "The browser tests need Chromium: run 'sudo apt-get install chromium', then this again." >&2
	exit 1
fi
echo "Installing Chromium …"
log=$(mktemp)
if ! { apt-get update && apt-get install -y --no-install-recommends chromium; } >"$log" 2>&1; then
	tail -n 5 "$log" >&2
	echo "Chromium could not be installed; the lines above say why, the whole log is $log." >&2
	exit 1
fi
rm "$log"
