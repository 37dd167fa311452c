#!/bin/sh
# Installs what the system lacks: OpenBLAS, oneTBB and pkg-config, from Debian. Says what to install where it may not.
packages=""
command -v pkg-config >/dev/null 2>&1 || packages="$packages pkg-config"
pkg-config --exists openblas 2>/dev/null || packages="$packages libopenblas-dev"
pkg-config --exists tbb 2>/dev/null || packages="$packages libtbb-dev"
[ -z "$packages" ] && exit 0
if [ "$(id -u)" = 0 ]; then run=""; elif sudo -n true 2>/dev/null; then run="sudo"; else run="none"; fi
if [ "$run" = none ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "error: the system lacks$packages; install them, for example: sudo apt-get install$packages" >&2
    exit 1
fi
echo "installing$packages"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
{ $run apt-get update -qq && $run apt-get install -y -qq $packages; } >/dev/null || {
    echo "error: apt-get could not install$packages; install them by hand" >&2
    exit 1
}
