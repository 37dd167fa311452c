#!/bin/sh
# DocC archives of the public modules, in .build/documentation. Fails where a public symbol says nothing of itself, and for warnings of DocC.
set -e
swift=${SWIFT:-swift}
out=.build/documentation
rm -rf "$out"
mkdir -p "$out"
# It ends with errors of C modules and test bundles, which have no symbols of interest; that ours are missing shows below.
$swift package dump-symbol-graph --minimum-access-level public >"$out/symbols.log" 2>&1 || true
graphs=$(dirname "$($swift build --show-bin-path)")/symbolgraph
set --
for module in Curvature ONNXImport Safetensors; do
    mkdir -p "$out/graphs/$module"
    if [ ! -f "$graphs/$module.symbols.json" ]; then cat "$out/symbols.log" >&2; exit 1; fi
    find "$graphs" \( -name "$module.symbols.json" -o -name "$module@*.symbols.json" \) \
        -exec cp {} "$out/graphs/$module" \;
    set -- "$@" "$out/graphs/$module/$module.symbols.json"
    catalog="Sources/$module/$module.docc"
    [ -d "$catalog" ] || catalog=""
    # shellcheck disable=SC2086
    docc convert $catalog --additional-symbol-graph-dir "$out/graphs/$module" --fallback-display-name "$module" \
        --fallback-bundle-identifier "swift-curvature.$module" --output-path "$out/$module.doccarchive" \
        >"$out/$module.log" 2>&1 || { cat "$out/$module.log" >&2; exit 1; }
    if grep -A3 -E "^(error|warning)" "$out/$module.log"; then exit 1; fi
done
$swift scripts/undocumented.swift "$@"
