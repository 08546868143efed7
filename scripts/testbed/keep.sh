# Sourced by what fetches or builds something for the tests once per machine.
# TESTBED_CACHE: where it is kept (/var/tmp/hodei-testbed)
CACHE=${TESTBED_CACHE:-/var/tmp/hodei-testbed}
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# keep NAME KEY FILE MAKE: sees to it that the cache has the folder NAME-KEY, and calls it FOLDER.
# Where it has no FILE the function MAKE is called in an empty folder, WORK; what it puts into
# WORK/done becomes the folder. Of several at once one makes it and the others wait.
keep() {
    FOLDER=$CACHE/$1-$2
    mkdir -p "$CACHE"
    if [ ! -e "$FOLDER/$3" ]; then
        exec 9>"$CACHE/$1.lock"
        flock 9
    fi
    if [ ! -e "$FOLDER/$3" ]; then
        WORK=$(mktemp -d "$CACHE/build.XXXXXX")
        trap 'chmod -R u+w "$WORK"; rm -rf "$WORK"' EXIT
        mkdir "$WORK/done"
        cd "$WORK"
        "$4"
        # What was killed half-way leaves nothing half.
        rm -rf "$FOLDER"
        mv "$WORK/done" "$FOLDER"
    fi
}

# short: a key made of what is read.
short() { sha256sum | cut -c1-16; }

# from_index OPTION...: fetches from the package index of Python what is never installed.
from_index() {
    env -u PYTHONPATH "${PYTHON:-$ROOT/.venv/bin/python}" -m pip --disable-pip-version-check --quiet \
        download --no-deps --dest "$WORK" "$@" >&2
}

# check SUMS: the files here are those that were read when the sums were written.
check() { echo "$1" | sha256sum --check --quiet >&2; }
