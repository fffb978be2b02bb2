#!/usr/bin/env bash
# emulate.sh PROCESSOR PROGRAM [ARGUMENT…]: runs a program for another processor under QEMU's user-mode emulator. As the
# agent's --launcher it also starts the agent's tests, which the system could not start by itself.
# The emulator shows a program the files under processors/PROCESSOR in place of the machine's own: ONNX Runtime chooses
# its kernels by /proc/cpuinfo.
set -euo pipefail
if [ "$#" -lt 2 ]; then
  echo "usage: emulate.sh PROCESSOR PROGRAM [ARGUMENT…]" >&2
  exit 2
fi

processor=$1
shift
files="$(cd "$(dirname "$0")" && pwd)/processors/$processor"
if [ ! -d "$files" ]; then
  echo "emulate.sh: '$processor' is none of: $(ls "$(dirname "$files")" | tr '\n' ' ')" >&2
  exit 2
fi

command -v qemu-aarch64 >/dev/null || { echo "emulate.sh: there is no qemu-aarch64; infra/lab/install.sh installs it." >&2; exit 127; }
exec qemu-aarch64 -cpu "$processor" -L "$files" "$@"
