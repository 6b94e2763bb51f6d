// Components: WebAssembly modules with typed interfaces (the component model).
//
//   ERMINE_ASSIGN(ermine::Component component, ermine::Component::compile(engine, bytes));
//   ERMINE_ASSIGN(ermine::ComponentInstance instance, component.instantiate(store));
//   ERMINE_ASSIGN(auto add, instance.get_typed_func<uint32_t(uint32_t, uint32_t)>("add"));
//   ERMINE_ASSIGN(uint32_t sum, add(1, 2));
//   ERMINE_ASSIGN(std::string text, instance.invoke("add(1, 2)"));  // "3"
//
// component/linker.h gives components what they import, component/func.h says which C++ types WIT's types are, and
// component/value.h has values of types that are not known when the program is compiled. A call of an asynchronous
// function waits for its result, unless it is made by call_async (component/call.h); component/stream.h has streams and
// futures, component/event_loop.h what runs them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/component/func.h"
#include "ermine/engine.h"
#include "ermine/result.h"
#include "ermine/store.h"

namespace ermine {

namespace component {
class CompiledComponent;
class ComponentInstance;
}  // namespace component

// The kinds of items that components import and export.
enum class ComponentItemKind : uint8_t { kFunc, kType, kResource, kInstance, kComponent, kModule, kValue };

// Something that a component imports or exports. Plain texts, independent of the component.
struct ComponentItem {
  std::string interface;  // the instance that it is in; empty: the component itself
  std::string name;
  ComponentItemKind kind = ComponentItemKind::kFunc;
  // In WIT. Of a function "func(a: u32) -> string", of a type its definition, such as "record { x: u32, y: u32 }";
  // types of the same interface by their names.
  std::string type;
};

// An instance of a component, in a store. A handle; must not be used after the store, and by one thread at a time, as
// the store.
class ComponentInstance {
 public:
  // An exported function: of the instance itself, or of an exported instance, whose version may be another compatible
  // one. Nothing if there is none.
  std::optional<ComponentFunc> get_func(std::string_view name) const;
  std::optional<ComponentFunc> get_func(std::string_view interface, std::string_view name) const;
  // As in instance.get_typed_func<std::string(uint32_t)>("a:b/c", "f"). kUsage if it is not exported or has another
  // type.
  template <class Signature>
  Result<TypedComponentFunc<Signature>> get_typed_func(std::string_view name) const {
    return get_typed_func<Signature>({}, name);
  }
  template <class Signature>
  Result<TypedComponentFunc<Signature>> get_typed_func(std::string_view interface, std::string_view name) const {
    ERMINE_ASSIGN(const ComponentFunc func, require_func(interface, name));
    return func.typed<Signature>();
  }

  // Calls an exported function. The call and its result are written in WAVE, the text form of component values:
  // `add(1, 2)`, `a:b/interface.name@1.0.0("text", {field: true})`. Empty if the function has no result. Errors: kUsage
  // (there is no such function), kMalformed or kInvalid (the text, with line and column; the arguments do not fit),
  // kUnsupported (a result with handles), and those of running code, after which no function of the instance can be
  // called.
  Result<std::string> invoke(std::string_view call) const;

  // For the library's own code.
  explicit ComponentInstance(std::shared_ptr<component::ComponentInstance> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<component::ComponentInstance>& impl() const { return impl_; }

 private:
  Result<ComponentFunc> require_func(std::string_view interface, std::string_view name) const;
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

  // Of a component without imports; for others see ComponentLinker. Errors: kLink (it has imports), kLimit, and those
  // of running code.
  Result<ComponentInstance> instantiate(const Store& store) const;

  // The calls that ComponentInstance::invoke() accepts, without arguments: "add", "a:b/interface.name@1.0.0"; in the
  // order of their names.
  std::vector<std::string> functions() const;

  // What it imports and exports, in its order. Built on each call.
  std::vector<ComponentItem> imports() const;
  std::vector<ComponentItem> exports() const;

  // For the library's own code.
  const std::shared_ptr<const component::CompiledComponent>& impl() const { return impl_; }
  // The functions and resources that it imports from instances, by the names of both, which are the component's.
  std::vector<std::pair<std::string_view, std::string_view>> import_names() const;

 private:
  explicit Component(std::shared_ptr<const component::CompiledComponent> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const component::CompiledComponent> impl_;
};

}  // namespace ermine

#include "ermine/component/event_loop.h"
#include "ermine/component/linker.h"
#include "ermine/component/stream.h"
