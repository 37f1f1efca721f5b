#!/usr/bin/env bash
# Builds the fuzz targets and runs each for so many seconds from its seeds; what they came to, a line each. Ends with an
# error where one found something: its input is then in target/fuzz/found/<target>/.
#
# On the stable toolchain: libFuzzer needs the coverage that LLVM builds in, and no sanitizer. There is no unsafe code
# for one to watch; what is looked for are panics and properties that do not hold.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly SECONDS_EACH=${1:-60} HERE=tests/fuzz OUT=$PWD/target/fuzz
readonly TARGETS="${2:-info event sns link plan}"

# What is read beside the seeds: answers of real engines.
seeds_of() {
    if [ "$1" = info ]; then
        rm -rf "$OUT/seeds/info" && mkdir -p "$OUT/seeds/info"
        for file in tests/fixtures/engines/*/info*.txt; do
            cp "$file" "$OUT/seeds/info/$(basename "$(dirname "$file")").$(basename "$file")"
        done
        echo "$OUT/seeds/info"
    else
        echo "$PWD/$HERE/seeds/$1"
    fi
}

# The words of the input, so that the fuzzer need not guess them letter by letter.
words_of() {
    case $1 in
        plan) grep -ohE '"[A-Za-z-]+"' docs/input.schema.json docs/fleet.schema.json ;;
        info) grep -ohE '^[a-z_0-9]+:' tests/fixtures/engines/*/info*.txt | sed -E 's/.*/"&"/' ;;
        event) printf '"%s"\n' migration test fail success "not in sync" "because of " " and port " "source cluster endpoint " ;;
        sns) printf '"%s"\n' 'ElastiCache:' detail eventSource requestParameters replicationGroupId action approve verdict until ;;
        link) printf '"%s"\n' /migrations/ /decision . a. o. v. .c0c0c0c0. .b0b0b0b0. %2B ;;
    esac | sort -u
}

# `cargo fuzz` has no --locked.
cargo metadata --locked --format-version 1 --manifest-path "$HERE/Cargo.toml" >/dev/null
cargo fuzz build --fuzz-dir "$HERE" --sanitizer none --target-dir "$OUT/build"
programs=$(find "$OUT/build" -path '*/release/info' -type f -printf '%h\n' | head -1)

failed=0
printf '%-6s %12s %10s %8s %8s\n' target executions per-second edges features
for target in $TARGETS; do
    mkdir -p "$OUT/corpus/$target" "$OUT/found/$target"
    words_of "$target" >"$OUT/$target.dict"
    seeds=$(seeds_of "$target")
    log="$OUT/$target.log"
    # 16 KiB: longer than any seed; a unit that takes 10 s is a find too.
    if ! "$programs/$target" "$OUT/corpus/$target" "$seeds" -max_total_time="$SECONDS_EACH" -max_len=16384 -timeout=10 \
        -dict="$OUT/$target.dict" -artifact_prefix="$OUT/found/$target/" -print_final_stats=1 >"$log" 2>&1; then
        failed=1
        printf '%s: found something\n' "$target"
        grep -E 'panicked|assert|ERROR|Test unit written|^ *left:|^ *right:' -A1 "$log" | head -12
        continue
    fi
    awk -v target="$target" '
        / cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1); if ($i == "ft:") features = $(i + 1) } }
        /stat::number_of_executed_units/ { executions = $2 }
        /stat::average_exec_per_sec/ { rate = $2 }
        END { printf "%-6s %12d %10d %8d %8d\n", target, executions, rate, edges, features }' "$log"
done
exit $failed
