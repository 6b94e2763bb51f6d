// Linker: gives names to the items that modules import, and instantiates modules with them. Host functions in a Linker
// belong to no store, so one Linker serves many; other definitions belong to the store that they come from, and
// instantiating in another store fails (except for shared memories).
#pragma once

#include <memory>
#include <string_view>

#include "ermine/detail/host_thunk.h"

namespace ermine {

namespace engine {
class Linker;
}

// Not thread-safe while it is being changed; afterwards instantiate() and get() may run on many threads at once.
class Linker {
 public:
  explicit Linker(const Engine& engine);
  ~Linker();
  Linker(Linker&&) noexcept;
  Linker& operator=(Linker&&) noexcept;
  Linker clone() const;  // shares the definitions made so far
  Engine engine() const;

  // Whether a definition may replace one of the same name; if not, that is kUsage. Off by default.
  Linker& allow_shadowing(bool allow);

  // All fail with kUsage if the name is already defined.
  Result<void> define(std::string_view module, std::string_view name, const Extern& item);
  Result<void> define_shared_memory(std::string_view module, std::string_view name, const SharedMemory& memory);
  Result<void> func(std::string_view module, std::string_view name, const FuncType& type, HostCallback callback);
  // From a lambda or function pointer; its signature determines the type. As in
  //   linker.func_wrap("env", "add", [](int32_t a, int32_t b) { return a + b; });
  //   linker.func_wrap("env", "log", [](Caller& caller, uint32_t at, uint32_t size) -> Result<void> {…});
  // The callable may be called on several threads, for several stores. See detail/host_thunk.h for its possible types.
  template <class F>
  Result<void> func_wrap(std::string_view module, std::string_view name, F&& callable) {
    return define_host(module, name, detail::make_host_function(std::forward<F>(callable)));
  }
  // From a function over the slots of a call, if converting between slots and C++ values costs too much: it reads the
  // parameters from the slots, one after the other, and writes the results there, as detail/slots.h describes. It is
  // not checked against the type. It returns false after Caller::fail(). No C++ exception may leave it. The Linker
  // keeps `context`.
  using RawCallback = bool (*)(void* context, RawCall& call, uint64_t* cells);
  Result<void> func_raw(std::string_view module, std::string_view name, FuncType type, RawCallback callback,
                        std::shared_ptr<void> context);
  // All exports of an instance, under the module name.
  Result<void> instance(std::string_view module, const Instance& instance);
  // Instantiates a module in this store, with the imports that are defined here, calls its function _initialize, if it
  // exports one without parameters and results, and defines its exports under the name. Errors: those of instantiate(),
  // instance() and the call.
  Result<void> module(StoreRef store, std::string_view name, const Module& module);
  // Gives a definition a second name; alias_module does so for all definitions of a module.
  Result<void> alias(std::string_view module, std::string_view name, std::string_view as_module,
                     std::string_view as_name);
  Result<void> alias_module(std::string_view module, std::string_view as_module);

  // Defines each unknown import of the module: functions that trap and name the import; or functions that return zeros
  // and nulls, with zeroed globals, memories and tables of the minimum size.
  Result<void> define_unknown_imports_as_traps(const Module& module);
  Result<void> define_unknown_imports_as_defaults(StoreRef store, const Module& module);

  // The definition; a host function is added to the store.
  std::optional<Extern> get(StoreRef store, std::string_view module, std::string_view name) const;
  bool has(std::string_view module, std::string_view name) const;

  // Finds the module's imports by name, instantiates it and runs its start function. kLink names the import that is
  // missing or has the wrong type, with the expected and the actual type.
  Result<Instance> instantiate(StoreRef store, const Module& module) const;

  // For the library's own code.
  Result<void> define_host(std::string_view module, std::string_view name, detail::HostFunction function);

 private:
  explicit Linker(std::unique_ptr<engine::Linker> impl);
  std::unique_ptr<engine::Linker> impl_;
};

}  // namespace ermine
