// Ermine, a WebAssembly engine: the whole C++ API (C++20, g++ 12 or clang 14 and newer).
//
//   ermine::Result<int32_t> add(int32_t a, int32_t b) {
//     ermine::Engine engine;
//     ERMINE_ASSIGN(ermine::Module module, ermine::Module::from_file(engine, "add.wasm"));
//     ermine::Linker linker(engine);
//     ERMINE_TRY(linker.func_wrap("env", "print", [](int32_t v) { std::printf("%d\n", v); }));
//     ermine::Store store(engine);
//     ERMINE_ASSIGN(ermine::Instance instance, linker.instantiate(store, module));
//     ERMINE_ASSIGN(auto function, instance.get_typed_func<int32_t(int32_t, int32_t)>("add"));
//     return function(a, b);
//   }
//
// The macros return an error from the function; ermine/result.h describes them.
#pragma once

#include "ermine/detail/language.h"

#include "ermine/caller.h"
#include "ermine/component.h"
#include "ermine/component/caller.h"
#include "ermine/component/declare.h"
#include "ermine/component/expected.h"
#include "ermine/component/func.h"
#include "ermine/component/linker.h"
#include "ermine/component/resource.h"
#include "ermine/component/value.h"
#include "ermine/config.h"
#include "ermine/engine.h"
#include "ermine/error.h"
#include "ermine/execution.h"
#include "ermine/extern.h"
#include "ermine/func.h"
#include "ermine/global.h"
#include "ermine/grants.h"
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
#include "ermine/text.h"
#include "ermine/types.h"
#include "ermine/value.h"
#include "ermine/virtual_directory.h"
#include "ermine/wasi.h"
#include "ermine/wasi_connect.h"
#include "ermine/wasi_stream.h"
