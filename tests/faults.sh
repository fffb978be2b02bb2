#!/usr/bin/env bash
# Shows that the simulation of rollouts catches: puts one fault after the other into the code that decides, and expects it to fail.
# tests/faults.sh [NAME…]: patches of tests/SlmOps.Simulation.Tests/faults, without names all of them. Works on a copy of what is
# committed; prints how long each one took to be found, and the shortest story that shows it.
set -euo pipefail
cd "$(dirname "$0")/.."
faults=$PWD/tests/SlmOps.Simulation.Tests/faults
names=("$@")
[ "$#" -gt 0 ] || mapfile -t names < <(cd "$faults" && printf '%s\n' *.patch | sed 's/\.patch$//')
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git archive HEAD | tar -x -C "$copy"
cd "$copy"
project=tests/SlmOps.Simulation.Tests
program=artifacts/bin/SlmOps.Simulation.Tests/debug/SlmOps.Simulation.Tests
build() {
  dotnet build "$project" -v q -p:RunAnalyzers=false >"$copy/build.log" 2>&1 || {
    tail -n 20 "$copy/build.log"
    exit 1
  }
}

build
"$program" -noColor >"$copy/right.log" || {
  echo "The simulation fails without a fault:"
  tail -n 40 "$copy/right.log"
  exit 1
}
missed=0
for name in "${names[@]}"; do
  patch --quiet -p1 <"$faults/$name.patch"
  build
  started=$(date +%s%N)
  if "$program" -noColor -stopOnFail >"$copy/$name.log"; then
    missed=$((missed + 1))
    echo "MISSED  $name"
  else
    awk -v name="$name" -v ms=$((($(date +%s%N) - started) / 1000000)) '
      / \[FAIL\]/ && !test { test = $1 }
      test && !said && NF && !/\[FAIL\]/ { said = 1; sub(/^ +/, ""); printf "found   %-36s %5.1f s  %s\n", name, ms / 1000, $0 }
    ' "$copy/$name.log"
  fi
  patch --quiet -R -p1 <"$faults/$name.patch"
done
echo "$((${#names[@]} - missed)) of ${#names[@]} faults found"
[ "$missed" -eq 0 ]
