// Binds the table of functions (functions.def) to a ComponentLinker.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/component/caller.h"
#include "ermine/component/detail/cursor.h"
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

// A function in the linker: the environment of its host function.
struct Import {
  const char* interface = nullptr;  // without "wasi:" and the usual version
  const char* name = nullptr;
  decltype(component::detail::HostFunc::fn) call = nullptr;
  decltype(component::detail::HostFunc::start) start = nullptr;  // instead, of a function that answers later
  component::detail::FuncShape shape;
  std::shared_ptr<const ContextSource> source;
};

// An interface as the tables name it, without "wasi:" and the usual version.
inline constexpr const char* kVersion = "0.2.12";
// "wasi:io/error@0.2.12"
std::string full_name(const char* interface, const char* version = kVersion);

// The same for functions that follow each other, of interfaces whose names are literals.
class FullName {
 public:
  const std::string& of(const char* interface, const char* version = kVersion) {
    if (std::exchange(last_, interface) != interface) name_ = full_name(interface, version);
    return name_;
  }

 private:
  const char* last_ = nullptr;
  std::string name_;
};

// What a component imports: only that is defined for it.
class Wanted {
 public:
  explicit Wanted(const Component* component);  // null: everything
  // Whether it imports the name of the interface as the tables name it, which has this version if it has no other: in a
  // compatible one.
  bool has(const char* interface, const char* version, const char* name) const;

 private:
  struct Name {
    std::string_view interface, track;  // "io/error", "0.2": what compatible versions have in common
    std::string_view name;
    bool is_of(const Name& other) const { return interface == other.interface && track == other.track; }
  };
  static Name split(std::string_view interface, std::string_view version, std::string_view name);

  using Names = std::span<const Name>;
  bool all_;
  std::vector<Name> names_;
  std::vector<Names> interfaces_;  // parts of these, each of one interface, which may have several
  // Of the interface that was asked for last; rows of one interface follow each other.
  mutable const char* interface_ = nullptr;
  mutable const char* version_ = nullptr;
  mutable std::vector<Names> asked_;
};

Result<void> define_all(ComponentLinker& linker, const std::shared_ptr<const ContextSource>& source,
                        const Wanted& wanted);
// Defines functions and resources one after the other, those that are wanted. There is no table of them, because its
// pointers would be relocated at each start, also of a program that is no component: five pages.
class Definer {
 public:
  Definer(ComponentLinker& linker, std::shared_ptr<const ContextSource> source, const Wanted& wanted);
  // Not inlined: some 40 bytes of code for each function instead.
  [[gnu::noinline]] void add(const char* interface, const char* name, decltype(Import::call) call,
                             component::detail::FuncShape (*shape)());
  template <class T>
  void resource(const char* interface, const char* name) {
    add_resource(interface, name, &ComponentLinker::resource<T>);
  }
  Result<void> finish();  // the first error, if there was one

 private:
  [[gnu::noinline]] void add_resource(const char* interface, const char* name,
                                      Result<void> (ComponentLinker::*define)(std::string_view, std::string_view));

  ComponentLinker& linker_;
  std::shared_ptr<const ContextSource> source_;
  const Wanted& wanted_;
  bool may_trace_;
  Result<void> result_;
  FullName full_name_;
};

// wasi:http
Result<void> define_http(ComponentLinker& linker, const std::shared_ptr<const ContextSource>& source,
                         const Wanted& wanted);
// wasi:tls
Result<void> define_tls(ComponentLinker& linker, const std::shared_ptr<const ContextSource>& source,
                        const Wanted& wanted);

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
