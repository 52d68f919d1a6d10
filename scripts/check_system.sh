#!/usr/bin/env bash
# Are the system libraries there that SUMO's wheels link to? What is missing is installed where that is allowed (root, with
# apt-get); elsewhere its apt line is printed and the script ends with 2.
#
#   scripts/check_system.sh PYTHON            PYTHON: any Python 3, it only tries to load the libraries
set -euo pipefail
python=${1:?usage: scripts/check_system.sh PYTHON}

declare -A package_of=(
    [libGL.so.1]=libgl1
    [libX11.so.6]=libx11-6
    [libXext.so.6]=libxext6
    [libXrender.so.1]=libxrender1
    [libatomic.so.1]=libatomic1
)

missing_packages() {
    local library
    for library in "${!package_of[@]}"; do
        "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$library" 2>/dev/null || echo "${package_of[$library]}"
    done | sort
}

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "faikhiao: installing the system libraries that SUMO needs: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -eq 0 ] && exit 0
fi

cat >&2 <<TXT
faikhiao: SUMO needs system libraries that are not here. As an administrator, once:

    apt-get install -y ${missing[*]}

Then run make again.
TXT
exit 2
