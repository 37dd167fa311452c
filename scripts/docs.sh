#!/bin/sh
# DocC archives of the public modules, in .build/documentation. Fails where a public symbol says nothing of itself, and for warnings of DocC.
set -e
swift=${SWIFT:-swift}
out=.build/documentation
rm -rf "$out"
mkdir -p "$out"
$swift package dump-symbol-graph --minimum-access-level public >/dev/null
graphs=$(dirname "$($swift build --show-bin-path)")/symbolgraph
set --
for module in Curvature ONNXImport Safetensors; do
    mkdir -p "$out/graphs/$module"
    find "$graphs" \( -name "$module.symbols.json" -o -name "$module@*.symbols.json" \) \
        -exec cp {} "$out/graphs/$module" \;
    set -- "$@" "$out/graphs/$module/$module.symbols.json"
    catalog="Sources/$module/$module.docc"
    [ -d "$catalog" ] || catalog=""
    # shellcheck disable=SC2086
    if docc convert $catalog --additional-symbol-graph-dir "$out/graphs/$module" --fallback-display-name "$module" \
        --fallback-bundle-identifier "swift-curvature.$module" --output-path "$out/$module.doccarchive" 2>&1 |
        grep -A3 -E "^(error|warning)"; then exit 1; fi
done
$swift scripts/undocumented.swift "$@"
