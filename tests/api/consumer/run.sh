#!/bin/sh
# run.sh CMAKE BUILD_DIR CXX EXAMPLES: installs the build into a scratch prefix and uses it from there with the
# embedder's compiler, found by find_package and by pkg-config's file.
set -eu
cmake=$1 build=$2 cxx=$3 examples=$4
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$cmake" --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log" || { cat "$scratch/install.log"; exit 1; }
include=$scratch/prefix/include

# The example in the comment of ermine.h, as a file.
mkdir -p "$scratch/build"
{
  echo '#include <ermine/ermine.h>'
  echo '#include <cstdio>'
  echo 'ermine::Result<int32_t> add(int32_t a, int32_t b);'
  sed -n '/^#pragma/q; s#^//   ##p' "$include/ermine/ermine.h"
} >"$scratch/build/example.cc"
grep -q 'get_typed_func' "$scratch/build/example.cc"

# A program that hosts components, with bindings that the installed command writes.
plugin=$(dirname "$examples")/components/plugin
bindings=
if "$scratch/prefix/bin/ermine" --help | grep -q '^  bindgen '; then
  bindings=$scratch/build/bindings
  mkdir -p "$bindings"
  "$scratch/prefix/bin/ermine" bindgen "$plugin/plugin.wit" -o "$bindings/plugin.h"
fi

"$cmake" -S "$here" -B "$scratch/build" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_STANDARD=20 \
  -DCMAKE_PREFIX_PATH="$scratch/prefix" -DEXAMPLES="$examples" -DBINDINGS="$bindings"
"$cmake" --build "$scratch/build" --parallel 2
"$scratch/build/consumer" "$examples/guest.wasm"
if [ -n "$bindings" ]; then "$scratch/build/component_plugin" "$plugin/guest.wat"; fi
"$scratch/build/loads_library" "$scratch/build/liblibrary.so" "$examples/guest.wasm"
for program in other_libraries other_libraries_shared other_libraries_versions exceptions; do "$scratch/build/$program"; done

# An error that was not checked is named.
unchecked() {
  message=$("$scratch/build/unchecked" "$1" 2>&1) && { echo "a Result without a value was used, and nothing happened"; exit 1; }
  case $message in
    *"$2"*) ;;
    *) echo "the message does not have the error: $message"; exit 1 ;;
  esac
}
unchecked file no-such-file.wasm
unchecked call 'unreachable'
unchecked text 'm:1:8: '

# An older language: one error that says so.
echo '#include <ermine/ermine.h>' >"$scratch/old.cc"
"$cxx" -std=c++17 -fsyntax-only -I "$include" "$scratch/old.cc" 2>"$scratch/old.log" && { echo "C++17 was accepted"; exit 1; }
if ! grep -q '#error .*C++20' "$scratch/old.log" || [ "$(grep -c 'error:' "$scratch/old.log")" -gt 2 ]; then
  echo "with C++17:"; cat "$scratch/old.log"; exit 1
fi

# The flags of ermine.pc, without needing pkg-config to be installed.
pc=$scratch/prefix/lib/pkgconfig/ermine.pc
value() { sed -n "s/^$1: *//p" "$pc" | sed "s#\${includedir}#$include#g; s#\${pcfiledir}#$(dirname "$pc")#g"; }
# shellcheck disable=SC2046  # words are meant
"$cxx" -std=c++20 "$examples/gcd.cc" -o "$scratch/gcd" $(value Cflags) $(value Libs)
"$scratch/gcd" "$examples/guest.wasm"

# A program in C, with the shared library.
pc=$scratch/prefix/lib/pkgconfig/ermine-c.pc
if [ -e "$pc" ]; then
  # shellcheck disable=SC2046  # words are meant
  cc -std=c11 "$here/../../capi/program.c" -o "$scratch/program" $(value Cflags) $(value Libs)
  [ "$(LD_LIBRARY_PATH=$scratch/prefix/lib "$scratch/program")" = 42 ]
fi
