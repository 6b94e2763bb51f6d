#!/bin/sh
# run.sh CMAKE BUILD_DIR CXX EXAMPLES: installs the build into a scratch prefix, then builds the plug-in example
# against it twice, by find_package and by pkg-config's file, with the embedder's compiler; and runs both.
set -eu
cmake=$1 build=$2 cxx=$3 examples=$4
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$cmake" --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log" || { cat "$scratch/install.log"; exit 1; }

"$cmake" -S "$here" -B "$scratch/build" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_STANDARD=20 \
  -DCMAKE_PREFIX_PATH="$scratch/prefix" -DEXAMPLES="$examples"
"$cmake" --build "$scratch/build"
"$scratch/build/consumer" "$examples/guest.wasm"

# The flags of ermine.pc, without needing pkg-config to be installed.
pc=$scratch/prefix/lib/pkgconfig/ermine.pc
value() { sed -n "s/^$1: *//p" "$pc" | sed "s#\${includedir}#$scratch/prefix/include#g; s#\${pcfiledir}#$(dirname "$pc")#g"; }
# shellcheck disable=SC2046  # words are meant
"$cxx" -std=c++20 "$examples/gcd.cc" -o "$scratch/gcd" $(value Cflags) $(value Libs)
"$scratch/gcd" "$examples/guest.wasm"
