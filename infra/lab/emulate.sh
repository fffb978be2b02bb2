#!/usr/bin/env bash
# emulate.sh PROCESSOR PROGRAM [ARGUMENT…]: runs a program for another processor under QEMU's user-mode emulator. As the
# agent's --launcher it also starts the agent's tests, which the system could not start by itself.
# processors/PROCESSOR/emulator names QEMU's program and its model of the processor. The emulator shows a program the other
# files there in place of the machine's own: on ARM, ONNX Runtime chooses its kernels by /proc/cpuinfo.
set -euo pipefail
if [ "$#" -lt 2 ]; then
  echo "usage: emulate.sh PROCESSOR PROGRAM [ARGUMENT…]" >&2
  exit 2
fi

processor=$1
shift
files="$(cd "$(dirname "$0")" && pwd)/processors/$processor"
if [ ! -f "$files/emulator" ]; then
  echo "emulate.sh: '$processor' is none of: $(ls "$(dirname "$files")" | tr '\n' ' ')" >&2
  exit 2
fi

read -r emulator model <"$files/emulator"
command -v "$emulator" >/dev/null || { echo "emulate.sh: there is no $emulator; infra/lab/install.sh installs it." >&2; exit 127; }
# .NET maps its code twice to keep it from being written to while it runs; the emulator takes each for other code.
export DOTNET_EnableWriteXorExecute=0
exec "$emulator" -cpu "$model" -L "$files" "$@"
