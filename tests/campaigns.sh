#!/usr/bin/env bash
# Runs every campaign: tests/campaigns.sh [PERCENT]. Thousands of seeded cases, apart from the everyday tests; the first that fails
# ends it. A percentage asks for fewer (5: a twentieth of the cases), SLMOPS_CAMPAIGN_SEED=7 for other ones.
set -euo pipefail
cd "$(dirname "$0")/.."
export SLMOPS_CAMPAIGN=${1:-100}

# Devices' data folders are written thousands of times.
[ -d /dev/shm ] && [ -w /dev/shm ] && export TMPDIR=${TMPDIR:-/dev/shm}

# campaign PROJECT CLASS…: builds a test project and runs its explicit tests of these classes.
campaign() {
  local project=$1 started=$SECONDS classes=()
  shift
  for class in "$@"; do
    classes+=(-class "*.$class")
  done
  dotnet build "tests/SlmOps.$project.Tests" -v q
  "artifacts/bin/SlmOps.$project.Tests/debug/SlmOps.$project.Tests" -noColor -explicit only -showLiveOutput "${classes[@]}"
  echo "== $project: $((SECONDS - started)) s"
}

campaign Packaging TamperTests LayoutTamperTests
campaign Pipeline ReportCampaignTests
campaign EdgeAgent HealingCampaignTests
campaign EndToEnd KillCampaignTests LongOrdinaryLifeTests
