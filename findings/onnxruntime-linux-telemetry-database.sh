#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1 (NuGet) on Linux: a program that opens one session of a model of one node leaves a database of
# telemetry events and a device id in the user's cache, ~/.cache/Microsoft/DeveloperTools/.onnxruntime. Turning the events off
# by the library's own call, OrtEnv.DisableTelemetryEvents, before the session is opened, comes too late for that: the library
# opens the database with its environment. Only the variable ORT_DISABLE_TELEMETRY, set before the process starts, keeps the folder
# away. (A process that is killed leaves the database's log as it is, and every further one adds to it; a limit on the size of files
# then ends programs that write no file themselves.) Seen: "plain: deviceid, onnxruntime.db", "call: deviceid, onnxruntime.db"
# (in either order), "variable: nothing". Exits with an error when that changes. Needs the .NET 10 SDK.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >session.cs <<'CODE'
#:package Microsoft.ML.OnnxRuntime@1.31.1
#:property ManagePackageVersionsCentrally=false
#:property PublishAot=false
using Microsoft.ML.OnnxRuntime;

if (args is ["call"])
{
    OrtEnv.Instance().DisableTelemetryEvents();
}

// ir_version 8, opset 13, y = Identity(x), x and y float32[1]
byte[] model =
[
    0x08, 8, 0x3A, 55, 0x0A, 16, 0x0A, 1, (byte)'x', 0x12, 1, (byte)'y', 0x22, 8, .. "Identity"u8, 0x12, 1, (byte)'g',
    0x5A, 15, 0x0A, 1, (byte)'x', 0x12, 10, 0x0A, 8, 0x08, 1, 0x12, 4, 0x0A, 2, 0x08, 1,
    0x62, 15, 0x0A, 1, (byte)'y', 0x12, 10, 0x0A, 8, 0x08, 1, 0x12, 4, 0x0A, 2, 0x08, 1, 0x42, 2, 0x10, 13,
];
using var session = new InferenceSession(model);
CODE
dotnet build session.cs -o out -v q >build.log 2>&1 || { cat build.log; exit 1; }

# seen NAME [VARIABLE=VALUE]: what a run leaves in an empty home.
seen() {
  local home="$folder/$1" left
  mkdir "$home"
  env -u CI -u ORT_DISABLE_TELEMETRY -u XDG_CACHE_HOME HOME="$home" "${@:2}" dotnet out/session.dll "$1"
  left=$(cd "$home" && find . -name onnxruntime.db -printf '%f, ' -o -name deviceid -printf '%f, ' | tr -d '\n' | sed 's/, $//')
  echo "$1: ${left:-nothing}"
}

{
  seen plain
  seen call
  seen variable ORT_DISABLE_TELEMETRY=1
} | tee seen
grep -q '^plain: .*onnxruntime.db' seen && grep -q '^plain: .*deviceid' seen && grep -q '^call: .*onnxruntime.db' seen \
  && grep -qx 'variable: nothing' seen || { echo "It behaves otherwise now."; exit 1; }
