#!/usr/bin/env bash
# Make sure that the page tests find a Chromium. Never fails: without one they are reported as
# skipped, with the reason, at the end of the test run.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done

if [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    echo "No browser found: installing chromium from the distribution, for the page tests." >&2
    export DEBIAN_FRONTEND=noninteractive
    if { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; } \
        >/dev/null; then
        exit 0
    fi
fi
echo "No browser found: the page tests will be skipped. Install chromium to run them." >&2
