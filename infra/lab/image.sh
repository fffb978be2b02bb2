#!/usr/bin/env bash
# image.sh [IMAGE]: makes what the lab's container holds (both agents, the job) and builds the image, with docker or podman,
# as IMAGE (slmops-lab:latest unless given). Needs what infra/lab/install.sh installs.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=${1:-slmops-lab:latest}
folder=artifacts/lab
for architecture in x64 arm64; do
  [ -f "$folder/linux-$architecture/slmops-agent" ] || infra/lab/agents.sh
done
[ -f "$folder/linux-arm64/slmops-agent" ] || { echo "image.sh: there is no agent for arm64; infra/lab/install.sh first." >&2; exit 1; }

dotnet publish functions/LabJob/SlmOps.LabJob.csproj -c Release -r linux-x64 --self-contained -o "$folder/job.new"
rm -rf "$folder/job"
mv "$folder/job.new" "$folder/job"

for builder in docker podman; do
  if command -v "$builder" >/dev/null; then
    exec "$builder" build -f infra/lab/Containerfile -t "$image" .
  fi
done
echo "image.sh: there is neither docker nor podman; what the image holds is in $folder." >&2
exit 1
