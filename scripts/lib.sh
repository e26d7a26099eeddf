# shellcheck shell=bash
# What the scripts share. Sourced, never run; the caller has set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# ccache finds what an earlier clone in another folder compiled.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

# Says what is happening, apart from what the tools print.
step() { printf '\n==> %s\n' "$*"; }

# Ends the script with one line on what is wrong and what to do.
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Prints the comment that a script opens with, as its --help.
print_opening_comment() { sed -n '2,/^[^#]/{ s/^# \{0,1\}//p }' "$1"; }

# How many compilers fit: one a core, but no more than one per GiB of memory that is free, since a file
# that includes gRPC takes about that much.
build_jobs() {
  local cores free_gib
  cores=$(nproc)
  free_gib=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  if ((free_gib < 1)); then free_gib=1; fi
  echo $((cores < free_gib ? cores : free_gib))
}
