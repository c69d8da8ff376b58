# Sourced by ./dev check: formatting, lint, direction of imports, types, generated files, then everything that ./dev test runs (whose
# build has C and Zig warnings as errors).
"$deno" fmt --quiet --check
"$deno" lint --quiet
"$deno" run --quiet --allow-read tools/check_imports.ts
# shellcheck disable=SC2046 # one word per file
"$deno" check --quiet main.ts $(find src tools tests bench -name "*.ts")
.toolchain/bin/zig fmt --check build.zig shim
. tests/run.sh
