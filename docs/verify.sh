#!/bin/sh
# Checks the releases of an OCI layout with a shell and openssl: verify.sh <layout> <release-key.pem>
set -eu
[ $# -eq 2 ] || { echo "Usage: verify.sh <layout> <release-key.pem>" >&2; exit 2; }
layout=$1
key=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

blob() {
  echo "$layout/blobs/sha256/$1"
}

# 1. Every blob is what its name says.
for file in "$layout"/blobs/sha256/*; do
  [ "$(openssl dgst -sha256 -r "$file" | cut -d ' ' -f 1)" = "${file##*/}" ] || fail "${file##*/} holds other bytes"
done

# 2. Each release: the bundle's signature, and that it is over this index.
awk '{ gsub(/\{"mediaType"/, "\n&"); print }' "$layout/index.json" | grep '"dev.slmops.signature"' >"$work/releases" \
  || fail "index.json names no signed release"
while read -r entry; do
  index=$(echo "$entry" | sed 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/')
  bundle=$(echo "$entry" | sed 's/.*"dev.slmops.signature":"sha256:\([0-9a-f]*\)".*/\1/')
  [ -f "$(blob "$bundle")" ] || fail "the bundle $bundle is missing"
  sed 's/.*"payload":"\([^"]*\)".*/\1/' "$(blob "$bundle")" | openssl base64 -d -A >"$work/payload"
  sed 's/.*"sig":"\([^"]*\)".*/\1/' "$(blob "$bundle")" | openssl base64 -d -A >"$work/signature"
  # The DSSE pre-authentication encoding.
  printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <"$work/payload")" >"$work/signed"
  cat "$work/payload" >>"$work/signed"
  openssl dgst -sha256 -verify "$key" -signature "$work/signature" "$work/signed" >/dev/null \
    || fail "the bundle $bundle is not signed with this key"
  grep -q "\"subject\":\[{\"name\":\"[^\"]*\",\"digest\":{\"sha256\":\"$index\"}}\]" "$work/payload" \
    || fail "the bundle $bundle is over another index than $index"

  # 3. Everything that the index, its manifests and the provenance name is there.
  grep -o '"sha256":"[0-9a-f]\{64\}"},"mediaType' "$work/payload" | grep -o '[0-9a-f]\{64\}' >"$work/needed" || :
  manifests=$(grep -o '"digest":"sha256:[0-9a-f]\{64\}"' "$(blob "$index")" | grep -o '[0-9a-f]\{64\}')
  echo "$manifests" >>"$work/needed"
  for manifest in $manifests; do
    [ -f "$(blob "$manifest")" ] || fail "the manifest $manifest is missing"
    grep -o '"digest":"sha256:[0-9a-f]\{64\}"' "$(blob "$manifest")" | grep -o '[0-9a-f]\{64\}' >>"$work/needed"
  done
  while read -r digest; do
    [ -f "$(blob "$digest")" ] || fail "the blob $digest is missing"
  done <"$work/needed"
  echo "OK: sha256:$index, $(sort -u "$work/needed" | wc -l | tr -d ' ') blobs"
done <"$work/releases"
