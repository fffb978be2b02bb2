#!/usr/bin/env bash
# Packs the libraries and the tool into artifacts/package, installs the tool in a folder of its own and asks it something.
# Usage: infra/pack.sh [RUNTIME]   (default: linux-x64; the tool is only tried where it runs)
set -euo pipefail
cd "$(dirname "$0")/.."
rid=${1:-linux-x64}
packages=$PWD/artifacts/package
rm -rf "$packages"
for library in Contracts Packaging Quantizer; do
  dotnet pack "functions/$library/SlmOps.$library.csproj" -c Release
done
dotnet pack infra/cli/SlmOps.Cli.csproj -c Release -r "$rid"
ls -l "$packages"

if [ "$rid" = "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" ]; then
  try=$(mktemp -d)
  trap 'rm -rf "$try"' EXIT
  # A package of this version may have been installed before; a folder of its own makes sure that this one is tried.
  NUGET_PACKAGES=$try/packages dotnet tool install "SlmOps.Tool.$rid" --tool-path "$try/tool" --source "$packages"
  DOTNET_ROOT=${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}
  export DOTNET_ROOT
  cd "$try"
  "$try/tool/slmops" --version
  sample=$(find "$try/tool/.store" -type d -path '*/samples/pydocs-slm')
  "$try/tool/slmops" quantize "$sample/model.onnx" "$try/int4.onnx" --recipe int4
  "$try/tool/slmops" evaluate "$try/int4.onnx" --baseline "$sample/model.onnx" --max-tokens 64
fi
