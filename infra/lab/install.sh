#!/usr/bin/env bash
# Installs what it takes to build the agent for linux-arm64 on an x86-64 Debian or Ubuntu and to run it there: a
# cross-compiler and the libraries it links against, and QEMU's user-mode emulator. Does nothing where all is there.
set -euo pipefail

packages=(clang gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
  libgcc-s1:arm64 libssl3:arm64 libstdc++6:arm64 zlib1g-dev:arm64)

fail() {
  echo "infra/lab/install.sh: $1" >&2
  echo "Without them the agent for arm64 is neither built nor tried here: ${packages[*]}" >&2
  exit 1
}

installed() {
  [ "$(dpkg-query --show --showformat '${db:Status-Status}\n' "${packages[@]}" 2>/dev/null | grep -cx installed)" -eq "${#packages[@]}" ]
}

command -v dpkg-query >/dev/null || fail "this system has no dpkg; install the counterparts of these packages by hand."
if installed; then
  exit 0
fi

[ "$(id -u)" -eq 0 ] || fail "installing packages needs root; run it with sudo."
apt=(apt-get -o DPkg::Lock::Timeout=500 -q)
dpkg --add-architecture arm64
"${apt[@]}" update || fail "the package lists cannot be fetched."
"${apt[@]}" install -y --no-install-recommends "${packages[@]}" || fail "the packages cannot be installed."
