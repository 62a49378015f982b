#!/bin/sh
# Makes sure that there are Chromium and Firefox for the browser tests: through the system's package manager, or by saying
# what to do.
set -eu
missing=""
present() {
	for name in "$@"; do
		if command -v "$name" >/dev/null; then return; fi
	done
	missing="$missing $1"
}
present chromium chromium-browser google-chrome
present firefox-esr firefox
if [ -z "$missing" ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
	echo "The browser tests need$missing: install with your package manager, so that it is on the PATH." >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "The browser tests need$missing: run 'sudo apt-get install$missing', then this again." >&2
	exit 1
fi
echo "Installing$missing …"
log=$(mktemp)
# shellcheck disable=SC2086 # one word for each package
if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 5 "$log" >&2
	echo "They could not be installed; the lines above say why, the whole log is $log." >&2
	exit 1
fi
rm "$log"
