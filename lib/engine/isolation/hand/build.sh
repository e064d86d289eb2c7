#!/bin/sh
# Builds the hand for both processors into prebuilt/, and notes the sources that it was built from.
# Needs gcc and aarch64-linux-gnu-gcc (Debian: gcc-aarch64-linux-gnu and linux-libc-dev-arm64-cross).
set -eu
cd "$(dirname "$0")"
flags='-Os -std=gnu11 -Wall -Wextra -Werror -Wno-unused-function -ffreestanding -fno-builtin -fno-stack-protector
  -fno-asynchronous-unwind-tables -fno-pic -static -nostdlib -s
  -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096'
mkdir -p prebuilt
# shellcheck disable=SC2086
gcc $flags -o prebuilt/hand-x64 hand.c
# shellcheck disable=SC2086
aarch64-linux-gnu-gcc $flags -mno-outline-atomics -o prebuilt/hand-arm64 hand.c
sha256sum hand.c init.c enter.c system.h prebuilt/hand-x64 prebuilt/hand-arm64 >prebuilt/SHA256SUMS
