#!/usr/bin/env bash
# Finds a Python that Odoo 19 supports and that can make virtual environments, installs
# Debian's when there is none, and hands over to the devkit package.
set -euo pipefail

dev=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usable() {
    command -v "$1" >/dev/null && "$1" - 2>/dev/null <<'PY'
import sys, venv, ensurepip, ssl
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PY
}

find_python() {
    local name
    for name in python3 python3.12 python3.13 python3.11 python3.10; do
        if usable "$name"; then
            echo "$name"
            return
        fi
    done
    return 1
}

install_python() {
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            sudo=(sudo)
        else
            echo "No Python 3.10 to 3.13 with the venv module here. As root, run:" >&2
            echo "    apt-get update && apt-get install -y python3 python3-venv" >&2
            exit 1
        fi
    fi
    echo "» Python: installing python3 and python3-venv with apt-get"
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends python3 python3-venv ca-certificates >/dev/null
}

if ! python=$(find_python); then
    install_python
    python=$(find_python) || {
        echo "The Python that this system offers is not 3.10 to 3.13, which Odoo 19 needs." >&2
        exit 1
    }
fi
PYTHONPATH="$dev" PYTHONDONTWRITEBYTECODE=1 exec "$python" -m devkit "$@"
