#include "wasi/preview2/bind.h"

#include <algorithm>

#include "wasi/keyvalue/interfaces.h"
#include "wasi/preview2/bind_function.h"
#include "wasi/state.h"

namespace ermine::wasi::preview2 {
namespace {

using component::detail::Cursor;

// The same as the row's function, with a trace.
bool call_traced(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
  const Import& import = *static_cast<const Import*>(env);
  Context* context = import.source->get(store);
  if (context == nullptr || !context->tracing()) return import.call(env, store, cursor, slots);
  uint64_t arguments[component::detail::kMaxFlatParams + 1];
  std::copy(slots, slots + flat_params(import.shape), arguments);
  std::string line = describe_call(import, cursor, slots);
  const bool done = import.call(env, store, cursor, slots);
  if (done && import.shape.result) line += " = " + describe_result(import, cursor, slots, arguments);
  context->trace(line);
  return done;
}

constexpr size_t kFunctions = 0
#define RESOURCE(...)
#define FUNCTION(...) +1
#include "wasi/preview2/functions.def"
    ;

}  // namespace

bool no_context(Cursor& cursor, const Import& import) {
  return cursor.fail(Error(ErrorKind::kUsage, std::string(import.name) + ": the calling store has no WASI state"));
}

bool call_absent(void* env, runtime::Store*, Cursor& cursor, uint64_t*) {
  const Import& import = *static_cast<const Import*>(env);
  return cursor.fail(Error::trap(TrapCode::kHost, std::string(import.name) + ": there is no such resource"));
}

std::string full_name(const char* interface) {
  std::string name = std::string("wasi:") + interface;
  return name.contains('@') ? name : name + "@0.2.12";
}

Context* ContextSource::get(runtime::Store* store) const {
  if (fixed) [[likely]]
    return fixed.get();
  ComponentCaller caller(store);
  Wasi* wasi = find(find_context.get(), caller);
  if (wasi == nullptr) return nullptr;
  auto context = wasi->impl()->components();
  return context ? context->get() : nullptr;
}

Result<void> define_all(ComponentLinker& linker, ContextSource source) {
#define RESOURCE(interface, name, Class) ERMINE_TRY(linker.resource<Class>(full_name(interface), name));
#define FUNCTION(...)
#include "wasi/preview2/functions.def"
  const auto shared = std::make_shared<const ContextSource>(std::move(source));
  Definer definer(linker, shared, kFunctions);
#define RESOURCE(...)
#define FUNCTION(interface, name, function)                         \
  definer.add(interface, name, call_function<&Functions::function>, \
              Traits<decltype(&Functions::function)>::Host::shape);
#include "wasi/preview2/functions.def"
  ERMINE_TRY(definer.finish());
  ERMINE_TRY(define_http(linker, shared));
  return keyvalue::define_interfaces(linker, shared);
}

Definer::Definer(ComponentLinker& linker, std::shared_ptr<const ContextSource> source, size_t count)
    : linker_(linker),
      source_(std::move(source)),
      imports_(std::make_shared<Import[]>(count)),
      may_trace_(!source_->fixed || source_->fixed->tracing()) {}

void Definer::add(const char* interface, const char* name, decltype(Import::call) call,
                  component::detail::FuncShape (*shape)()) {
  if (!result_) return;
  Import& import = imports_[used_++];
  import = {interface, name, call, nullptr, shape(), source_};
  result_ = linker_.define_func(full_name(interface), name,
                                {may_trace_ ? call_traced : call, {imports_, &import}, import.shape});
}

Result<void> Definer::finish() { return std::move(result_); }

}  // namespace ermine::wasi::preview2

namespace ermine {

namespace wasi {

Result<std::shared_ptr<preview2::Context>> State::components() {
  if (modules_) return Error(ErrorKind::kUsage, "this Wasi already serves modules; a component needs another one");
  if (!components_) {
    components_ = std::make_shared<preview2::Context>(*std::move(unused_), std::move(network_));
    component_program_ = components_.get();
    unused_.reset();
  }
  return components_;
}

}  // namespace wasi

}  // namespace ermine
