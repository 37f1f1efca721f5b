#!/usr/bin/env bash
# Everything that can be said about the template and the state machine without an AWS account.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly SAM=.local-cloud/sam/bin CHECKOV=.local-cloud/checkov/bin NODE=.local-cloud/node OUT=target/deploy
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 PYTHONDONTWRITEBYTECODE=1
mkdir -p "$OUT"

say() { printf '\ncheck-deploy: %s\n' "$*"; }

say "sam validate --lint"
"$SAM/sam" validate --lint

say "the SAM transform, in one piece"
"$SAM/python" tests/deploy/templates.py flat >"$OUT/flat.json"
"$SAM/python" tests/deploy/templates.py transformed >"$OUT/transformed.json"
rm -rf "$OUT/statemachine"
"$SAM/python" tests/deploy/state_machine.py "$OUT/statemachine"

say "cfn-lint: each file, in one piece, and transformed"
"$SAM/cfn-lint" template.yaml infra/*.yaml "$OUT/flat.json" "$OUT/transformed.json"

say "checkov (exceptions: .checkov.yaml, and Metadata beside a resource)"
for file in template.yaml infra/*.yaml; do
    "$CHECKOV/checkov" --config-file .checkov.yaml --file "$file"
done

say "cdk-nag (exceptions: tests/deploy/nag-exceptions.json) and asl-validator"
node tests/deploy/check.mjs "$OUT/transformed.json" "$OUT/statemachine" "$NODE"

say "what the local cloud reads"
cargo run --quiet --locked --package local-cloud --bin template-as-read >"$OUT/as-read.json"

say "tests over the template"
"$SAM/python" -m unittest discover --start-directory tests/deploy
