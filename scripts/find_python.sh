#!/usr/bin/env bash
# Prints the Python that makes the environment: python3.11, python3.12 or python3, the first that is 3.11 or 3.12 and can
# make one. Ends with 2 and the apt line when there is none.
set -euo pipefail

usable='import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))'
for name in ${PYTHON:-python3.11 python3.12 python3}; do
    if "$name" -c "$usable" >/dev/null 2>&1; then
        "$name" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done

cat >&2 <<'TXT'
faikhiao: no Python 3.11 or 3.12 here that can make an environment. On Debian 12:

    apt-get install -y python3.11 python3.11-venv

Another one can be named: make PYTHON=/path/to/python3.12 ...
TXT
exit 2
