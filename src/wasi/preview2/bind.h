// Binds the table of functions (functions.def) to a ComponentLinker.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "ermine/component/caller.h"
#include "ermine/component/linker.h"
#include "ermine/wasi.h"
#include "wasi/preview2/context.h"

namespace ermine::wasi::preview2 {

// The origin of a call's Context: a fixed one, or the store's.
struct ContextSource {
  std::shared_ptr<Context> fixed = nullptr;
  Wasi::ComponentFind find = nullptr;
  std::shared_ptr<void> find_context = nullptr;
  Context* get(runtime::Store* store) const;
};

struct FunctionRow {
  const char* interface;  // without "wasi:" and the usual version
  const char* name;
  bool (*call)(void* import, runtime::Store* store, component::detail::Cursor& cursor, uint64_t* slots);
  component::detail::FuncShape shape;
};

// A function in the linker: the environment of its host function.
struct Import {
  const FunctionRow* row;
  std::shared_ptr<const ContextSource> source;
};

// "wasi:io/error@0.2.12"
std::string full_name(const char* interface);

Result<void> define_all(ComponentLinker& linker, ContextSource source);
Result<void> define_functions(ComponentLinker& linker, std::span<const FunctionRow> rows,
                              const std::shared_ptr<const ContextSource>& source);
// wasi:http
Result<void> define_http(ComponentLinker& linker, const std::shared_ptr<const ContextSource>& source);

// The core values that a call has as arguments, with the place of its result.
uint32_t flat_params(const component::detail::FuncShape& shape);
// The same for a call that the cursor is of, which may be asynchronous.
uint32_t flat_params(const component::detail::FuncShape& shape, const component::detail::Cursor& cursor);
// Traces: a function's name with its arguments, and afterwards its result. `slots` are those of the call, `arguments`
// what they were before it.
std::string describe_call(const Import& import, const component::detail::Cursor& cursor, const uint64_t* slots);
std::string describe_result(const Import& import, const component::detail::Cursor& cursor, const uint64_t* slots,
                            const uint64_t* arguments);

}  // namespace ermine::wasi::preview2
