#!/bin/sh
# Fuzzes the readers and the language with libFuzzer: each target for so many seconds, from what earlier calls found and
# the seeds. Stops at the first input that ends the process, takes long, or takes much memory, and says where it is.
#
#     sh scripts/fuzz.sh [seconds [target ...]]
set -e
swift="${SWIFT:-swift}"
seconds="${1:-60}"
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- safetensors npy npz onnx graph requests plan
root=$(cd "$(dirname "$0")/.." && pwd)
build="$root/.build_fuzz"
seeds="$root/Tests/Fuzzing/Seeds"
# The linker that Swift takes by itself has no answer to the second `main`. Tests see what is internal, and so do these.
$swift build -c release --package-path "$root/Tests/Fuzzing" --scratch-path "$build" -Xswiftc -enable-testing \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -Xclang-linker -Xswiftc -fuse-ld=lld 2>&1 | grep -v "Cannot export" || true
program="$build/release/Fuzz"

# Puts the seeds of a target into its corpus.
plant() {
    fixtures="$root/Tests/Fixtures"
    case "$1" in
    safetensors) cp "$fixtures"/golden/mlp_*/data.safetensors "$seeds"/*.safetensors "$2" 2>/dev/null || true ;;
    npy | npz) cp "$fixtures"/numpy/*."$1" "$2" ;;
    onnx)
        cp "$fixtures"/models/*.onnx "$2"
        tar -xzf "$seeds/onnx.tar.gz" -C "$2"
        ;;
    # Choices at random, the same each time: from nothing it takes long to get to a graph of several nodes.
    graph) LC_ALL=C awk -v folder="$2" 'BEGIN {
        srand(1)
        for (seed = 1; seed <= 400; seed++) {
            name = folder "/seed" seed
            for (count = 30 + int(170 * rand()); count > 0; count--) printf "%c", 1 + int(255 * rand()) > name
            close(name)
        }
    }' ;;
    requests | plan) awk -v folder="$2" '{ name = folder "/seed" NR; print > name; close(name) }' "$seeds/requests.txt" ;;
    esac
}

# In memory, where there is such a place: each input of a file's reader is written to a file.
[ -w /dev/shm ] && TMPDIR=/dev/shm && export TMPDIR
# A crash is libFuzzer's to report; Swift's own report would look at the sanitizer's memory for minutes.
SWIFT_BACKTRACE=enable=no
export SWIFT_BACKTRACE
# What a target makes once lives to the end. libFuzzer's own option does not stop the sanitizer from looking there.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
status=0
for target in "$@"; do
    corpus="$build/corpus/$target"
    if [ ! -d "$corpus" ]; then mkdir -p "$corpus" && plant "$target" "$corpus"; fi
    dictionary="$seeds/$target.dict"
    [ "$target" = plan ] && dictionary="$seeds/requests.dict"
    options="-max_total_time=$seconds -timeout=20 -rss_limit_mb=3000 -malloc_limit_mb=600 -max_len=4096 -detect_leaks=0 -print_final_stats=1 -verbosity=1"
    [ -f "$dictionary" ] && options="$options -dict=$dictionary"
    echo "fuzzing $target for $seconds seconds"
    # shellcheck disable=SC2086
    if ! "$program" "$target" $options -artifact_prefix="$build/$target-" "$corpus" >"$build/$target.log" 2>&1 </dev/null; then
        status=1
        grep -E "Fatal error|SUMMARY|ERROR: libFuzzer|Test unit written" "$build/$target.log" || true
    fi
    grep -E "number_of_executed_units|new_units_added|peak_rss" "$build/$target.log" || true
done
exit $status
