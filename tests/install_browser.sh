#!/bin/sh
# The browser that the tests drive: the system's own Chromium or Chrome, or the one that CHROMIUM names.
# Where there is none: installed from Debian's or Ubuntu's packages, else one sentence says what to install.
set -eu

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "No Chromium found: installing Debian's package."
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core
    exit 0
fi

echo "The browser tests need Chromium or Google Chrome: install one of them," \
    "or set CHROMIUM to the path of its program, and run make test again." >&2
exit 1
