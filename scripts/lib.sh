# Sourced by the other scripts: where the repository is, and how they speak.
cd "$(dirname "$0")/.."
ROOT=$(pwd)
# Hundreds of servers and commands start in a run of the tests: none compiles the same files again.
unset PYTHONDONTWRITEBYTECODE

say() { printf '\n== %s\n' "$*"; }

fail() {
    printf 'hodei: %s\n' "$*" >&2
    exit 1
}

# system_packages NAME...: installs Debian packages when root, else says which ones are missing.
system_packages() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "missing on this machine: $*. Install it (Debian: apt-get install $*) and try again."
    fi
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    apt_install "$@" >/dev/null 2>&1 && return
    apt-get update --quiet >/dev/null || fail "apt-get update failed: is there a network?"
    apt_install "$@" >/dev/null || fail "apt-get install $* failed: see its message above."
}

# In a shell of its own. Packages of services must not start them; what was there is put back.
apt_install() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'rm -f $policy' EXIT
        trap 'exit 130' INT TERM
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    apt-get install --yes --quiet --no-install-recommends "$@"
)
