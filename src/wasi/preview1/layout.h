// Converts the host layer's values to a version's layouts.
#pragma once

#include "wasi/preview1/abi.h"

namespace ermine::wasi {

template <class Version>
typename Version::Filestat layout(const Filestat& s) {
  typename Version::Filestat f{};
  f.dev = s.dev;
  f.ino = s.ino;
  f.type = static_cast<uint8_t>(s.type);
  f.nlink = static_cast<typename Version::Nlink>(s.nlink);
  f.size = s.size;
  f.atim = s.atim;
  f.mtim = s.mtim;
  f.ctim = s.ctim;
  return f;
}

}  // namespace ermine::wasi
