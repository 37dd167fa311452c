#!/bin/sh
# Runs the tests under each of OpenBLAS's kernels that this processor can run, or under those that are given: no result may depend on one.
# usage: scripts/kernels.sh [KERNEL...]     builds first; `make test` has to have run for its packages.
set -u
cd "$(dirname "$0")/.."
features=$(grep -m1 -E '^flags' /proc/cpuinfo 2>/dev/null || true)
has() { case " $features " in *" $1 "*) true ;; *) false ;; esac; }
if [ $# -eq 0 ]; then
    set -- Prescott
    has sse4_2 && set -- "$@" Nehalem
    has avx && set -- "$@" Sandybridge
    has avx2 && has fma && set -- "$@" Haswell Zen
    has avx512dq && has avx512vl && has avx512bw && set -- "$@" SkylakeX
    has avx512_bf16 && set -- "$@" Cooperlake
fi
flags="-c release -Xswiftc -enable-testing --scratch-path .build_test"
# shellcheck disable=SC2086
CURVATURE_STRICT=1 ${SWIFT:-swift} build --build-tests $flags || exit 1
failed=""
for kernel in "$@"; do
    echo "kernel $kernel"
    # shellcheck disable=SC2086
    OPENBLAS_CORETYPE=$kernel CURVATURE_STRICT=1 ${SWIFT:-swift} test --skip-build $flags --no-parallel || failed="$failed $kernel"
done
[ -z "$failed" ] || { echo "error: tests fail under$failed" >&2; exit 1; }
