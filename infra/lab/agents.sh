#!/usr/bin/env bash
# agents.sh [OPTION…]: builds the agent with NativeAOT for x86-64 and for arm64 into artifacts/lab/linux-x64 and
# artifacts/lab/linux-arm64, where the lab looks for them; options go to `dotnet publish`. For arm64 it takes what
# infra/lab/install.sh installs; without that it builds the other one and says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=artifacts/lab
options=("$@")

build() {
  echo "agents.sh: building the agent for $1; this takes some minutes" >&2
  dotnet publish edge-agent/SlmOps.EdgeAgent.csproj -c Release -r "linux-$1" "${options[@]}" -o "$folder/linux-$1.new" >&2
  rm -rf "$folder/linux-$1"
  mv "$folder/linux-$1.new" "$folder/linux-$1"
  # The linker keeps a time of its own; the lab tells a stale agent by it.
  touch "$folder/linux-$1/slmops-agent"
}

build x64
if command -v aarch64-linux-gnu-gcc >/dev/null; then
  build arm64
else
  echo "agents.sh: there is no cross-compiler for arm64; infra/lab/install.sh installs it." >&2
fi
