// Ermine, a WebAssembly engine: the whole C++ API (C++20, g++ 12 or clang 14 and newer).
//
//   ermine::Engine engine;
//   auto module = ermine::Module::from_file(engine, "add.wasm");
//   if (!module) return fail(module.error().to_string());
//   ermine::Store store(engine);
//   ermine::Linker linker(engine);
//   linker.func_wrap("env", "print", [](int32_t v) { std::printf("%d\n", v); });
//   auto instance = linker.instantiate(store, *module);
//   auto add = instance->get_typed_func<int32_t(int32_t, int32_t)>("add");
//   ermine::Result<int32_t> sum = (*add)(2, 3);
#pragma once

#include "ermine/caller.h"
#include "ermine/config.h"
#include "ermine/engine.h"
#include "ermine/error.h"
#include "ermine/execution.h"
#include "ermine/extern.h"
#include "ermine/func.h"
#include "ermine/global.h"
#include "ermine/instance.h"
#include "ermine/limits.h"
#include "ermine/linker.h"
#include "ermine/memory.h"
#include "ermine/module.h"
#include "ermine/printable.h"
#include "ermine/ref.h"
#include "ermine/result.h"
#include "ermine/store.h"
#include "ermine/table.h"
#include "ermine/tag.h"
#include "ermine/types.h"
#include "ermine/value.h"
