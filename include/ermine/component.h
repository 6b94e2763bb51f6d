// Components: WebAssembly modules with typed interfaces (the component model).
//
//   ERMINE_ASSIGN(ermine::Component component, ermine::Component::compile(engine, bytes));
//   ERMINE_ASSIGN(ermine::ComponentInstance instance, component.instantiate(store));
//   ERMINE_ASSIGN(std::string sum, instance.invoke("add(1, 2)"));  // "3"
//
// Components run that import nothing; others are refused when they are compiled or instantiated. invoke() of an
// asynchronous function waits for its result.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/engine.h"
#include "ermine/result.h"
#include "ermine/store.h"

namespace ermine {

namespace component {
class CompiledComponent;
class ComponentInstance;
}  // namespace component

// An instance of a component, in a store. A handle; must not be used after the store, and by one thread at a time, as
// the store.
class ComponentInstance {
 public:
  // Calls an exported function. The call and its result are written in WAVE, the text form of component values:
  // `add(1, 2)`, `a:b/interface.name@1.0.0("text", {field: true})`. Empty if the function has no result. Errors: kUsage
  // (there is no such function), kMalformed or kInvalid (the text, with line and column; the arguments do not fit),
  // kUnsupported (a result with handles), and those of running code, after which no function of the instance can be
  // called.
  Result<std::string> invoke(std::string_view call) const;

 private:
  friend class Component;
  explicit ComponentInstance(std::shared_ptr<component::ComponentInstance> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<component::ComponentInstance> impl_;
};

// A compiled component. A handle; immutable, and may be used by several threads.
class Component {
 public:
  // Whether the bytes begin like a component, binary or text, rather than like a module.
  static bool is_component(std::span<const uint8_t> bytes);

  // Checks whether a component in the binary form is valid, with all modules and components in it. Features of core
  // WebAssembly are those of the engine; of the component model, those of WASI 0.2 and 0.3, or all if the engine has
  // all features. Errors: kMalformed, kInvalid, kUnsupported (a limit of the implementation, or the library was built
  // without components); offset() counts from the first byte. Thread-safe.
  static Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);
  // The same for the text format; errors show line and column where their place in the text is known. `file` is the
  // text's name in them.
  static Result<void> validate_text(const Engine& engine, std::string_view text, std::string_view file = {});

  // Decodes, validates and plans the instantiation of a component in the binary form. The bytes are copied, or taken.
  // Errors: as for validate(), and kUnsupported for what cannot be run yet. Thread-safe.
  static Result<Component> compile(const Engine& engine, std::span<const uint8_t> bytes);
  static Result<Component> compile(const Engine& engine, std::vector<uint8_t>&& bytes);
  // The same for the text format; errors are those of validate_text().
  static Result<Component> from_text(const Engine& engine, std::string_view text, std::string_view file = {});

  // Errors: kLink (it has imports), kLimit, and those of running code.
  Result<ComponentInstance> instantiate(const Store& store) const;

  // The calls that ComponentInstance::invoke() accepts, without arguments: "add", "a:b/interface.name@1.0.0"; in the
  // order of their names.
  std::vector<std::string> functions() const;

 private:
  explicit Component(std::shared_ptr<const component::CompiledComponent> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const component::CompiledComponent> impl_;
};

}  // namespace ermine
