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

}  // namespace

bool no_context(Cursor& cursor, const Import& import) {
  return cursor.fail(Error(ErrorKind::kUsage, std::string(import.name) + ": the calling store has no WASI state"));
}

bool call_absent(void* env, runtime::Store*, Cursor& cursor, uint64_t*) {
  const Import& import = *static_cast<const Import*>(env);
  return cursor.fail(Error::trap(TrapCode::kHost, std::string(import.name) + ": there is no such resource"));
}

std::string full_name(const char* interface, const char* version) {
  std::string name = std::string("wasi:") + interface;
  if (!name.contains('@')) (name += '@') += version;
  return name;
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

Wanted::Wanted(const Component* component) : all_(component == nullptr) {
  if (all_) return;
  constexpr std::string_view kNamespace = "wasi:";
  for (const auto& [interface, name] : component->import_names())
    if (interface.starts_with(kNamespace)) names_.push_back(split(interface.substr(kNamespace.size()), {}, name));
  for (auto i = names_.begin(); i != names_.end();) {
    const auto first = i;
    while (++i != names_.end() && i->is_of(*first)) {}
    interfaces_.push_back({first, i});
  }
}

Wanted::Name Wanted::split(std::string_view interface, std::string_view version, std::string_view name) {
  constexpr size_t kTrack = 3;
  const size_t at = interface.find('@');
  if (at != interface.npos) version = interface.substr(at + 1);
  return {interface.substr(0, at), version.substr(0, kTrack), name};
}

bool Wanted::has(const char* interface, const char* version, const char* name) const {
  if (all_) return true;
  if (interface_ != interface || version_ != version) {
    interface_ = interface;
    version_ = version;
    const Name asked = split(interface, version, {});
    asked_.clear();
    // Which one of several versions finds the definition, the linker decides.
    for (const Names& of : interfaces_)
      if (of.front().interface.size() == asked.interface.size() && of.front().is_of(asked)) asked_.push_back(of);
  }
  if (asked_.empty()) return false;
  const std::string_view wanted = name;
  return std::ranges::any_of(asked_, [&](const Names& of) {
    return std::ranges::any_of(of, [&](const Name& n) { return n.name == wanted; });
  });
}

Result<void> define_all(ComponentLinker& linker, const std::shared_ptr<const ContextSource>& source,
                        const Wanted& wanted) {
  Definer definer(linker, source, wanted);
#define RESOURCE(interface, name, Class) definer.resource<Class>(interface, name);
#define FUNCTION(...)
#include "wasi/preview2/functions.def"
#define RESOURCE(...)
#define FUNCTION(interface, name, function)                         \
  definer.add(interface, name, call_function<&Functions::function>, \
              Traits<decltype(&Functions::function)>::Host::shape);
#include "wasi/preview2/functions.def"
  ERMINE_TRY(definer.finish());
  ERMINE_TRY(define_http(linker, source, wanted));
  ERMINE_TRY(define_tls(linker, source, wanted));
  return keyvalue::define_interfaces(linker, source, wanted);
}

Definer::Definer(ComponentLinker& linker, std::shared_ptr<const ContextSource> source, const Wanted& wanted)
    : linker_(linker),
      source_(std::move(source)),
      wanted_(wanted),
      may_trace_(!source_->fixed || source_->fixed->tracing()) {}

void Definer::add(const char* interface, const char* name, decltype(Import::call) call,
                  component::detail::FuncShape (*shape)()) {
  if (!result_ || !wanted_.has(interface, kVersion, name)) return;
  const auto import = std::make_shared<Import>(Import{interface, name, call, nullptr, shape(), source_});
  result_ =
      linker_.define_func(full_name_.of(interface), name, {may_trace_ ? call_traced : call, import, import->shape});
}

void Definer::add_resource(const char* interface, const char* name,
                           Result<void> (ComponentLinker::*define)(std::string_view, std::string_view)) {
  if (!result_ || !wanted_.has(interface, kVersion, name)) return;
  result_ = (linker_.*define)(full_name_.of(interface), name);
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
