// Binds the table of functions (functions.h) to a Linker.
#pragma once

#include "ermine/linker.h"
#include "ermine/module.h"
#include "ermine/wasi.h"

namespace ermine::wasi {

// Where a call's Context comes from: a fixed one, or the store's.
struct Source {
  std::shared_ptr<Context> fixed;
  Wasi* (*find)(Caller& caller) = nullptr;
  Context* get(Caller& caller) const {
    if (fixed) [[likely]]
      return fixed.get();
    Wasi* wasi = find(caller);
    return wasi == nullptr ? nullptr : wasi->impl().get();
  }
};

// Only what `module` imports if one is given.
Result<void> define_all(Linker& linker, Source source, const Module* module = nullptr);

}  // namespace ermine::wasi
