#!/usr/bin/env bash
# Mutation tests of the code that decides: each mutant against the quick unit tests, and those that survive against all tests
# of the crate. What survives both has to stand in docs/mutants.md with the reason. Hours on a small machine.
#
#   run.sh [cutover|progress|preflight ...]
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly OUT=target/mutants
mkdir -p "$OUT"
parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then parts=(cutover progress preflight); fi

# Line tables are of no use here, and take a third of the time.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0

# Ends well where mutants survive (2) or take too long (3): that is what is listed.
mutate() {
    local status=0
    cargo mutants --package domain --no-shuffle --timeout 60 --colors never --cargo-arg=--locked "$@" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 2 ] || [ "$status" -eq 3 ]
}

# Slow tests of properties and of sizes are for the second pass.
readonly SLOW=(a_pause_that_is_renewed ninety_shard_pairs_stay every_arrow_of_the_diagram thirty_days_of_ninety)

unexplained=0
for part in "${parts[@]}"; do
    folder="$OUT/$part"
    files=(--file "shared/domain/src/$part/**/*.rs")
    # `--lib` for the build as well, which otherwise links the integration tests each time.
    PROPTEST_CASES=16 mutate "${files[@]}" --output "$folder" --cargo-arg=--lib -- -- "${SLOW[@]/#/--skip=}"
    if [ -s "$folder/mutants.out/missed.txt" ]; then
        # Only what is left: `--iterate` knows those that were caught.
        mutate "${files[@]}" --output "$folder" --iterate --baseline skip
    fi
    found="$folder/mutants.out"
    printf '%s: %s caught or not to be compiled, %s missed, %s out of time\n' "$part" "$(sort -u "$found"/{caught,previously_caught}.txt 2>/dev/null | wc -l)" \
        "$(wc -l <"$found/missed.txt")" "$(wc -l <"$found/timeout.txt")"
    while IFS= read -r mutant; do
        # Without its place, which every edit moves.
        named=$(sed -E 's,^shared/domain/src/([^:]+):[0-9]+:[0-9]+: ,`\1`: ,' <<<"$mutant")
        if ! grep -qF "$named" docs/mutants.md; then
            printf 'not in docs/mutants.md: %s\n' "$mutant"
            unexplained=1
        fi
    done <"$found/missed.txt"
done
exit "$unexplained"
