#include "wasi/preview3/bind.h"

#include <algorithm>

#include "wasi/preview3/bind_function.h"

namespace ermine::wasi::preview3 {
namespace {

// The call of every function that does not answer later.
bool call_function(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
  Context* context = context_of(env, store, cursor);
  if (context == nullptr) return false;
  Call call{*context, StoreRef(store)};
  const Import& import = *static_cast<const Import*>(env);
  return import.run(call, cursor, slots, import.function);
}

// The same as the import's functions, with a trace.
bool call_traced(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
  const Import& import = *static_cast<const Import*>(env);
  Context* context = import.source->get(store);
  if (context == nullptr || !context->tracing()) return import.call(env, store, cursor, slots);
  uint64_t arguments[component::detail::kMaxFlatParams + 1];
  std::copy(slots, slots + preview2::flat_params(import.shape, cursor), arguments);
  std::string line = describe_call(import, cursor, slots);
  const bool done = import.call(env, store, cursor, slots);
  if (done && import.shape.result) line += " = " + describe_result(import, cursor, slots, arguments);
  context->trace(line);
  return done;
}
bool start_traced(void* env, runtime::Store* store, Cursor& cursor, const uint64_t* slots, const CallReply& reply,
                  std::shared_ptr<void>& kept) {
  const Import& import = *static_cast<const Import*>(env);
  Context* context = import.source->get(store);
  if (context != nullptr && context->tracing()) context->trace(describe_call(import, cursor, slots));
  return import.start(env, store, cursor, slots, reply, kept);
}

}  // namespace

Context* context_of(void* env, runtime::Store* store, Cursor& cursor) {
  const Import& import = *static_cast<const Import*>(env);
  Context* context = import.source->get(store);
  if (context == nullptr) [[unlikely]]
    preview2::no_context(cursor, import);
  return context;
}

Definer::Definer(ComponentLinker& linker, std::shared_ptr<const preview2::ContextSource> source,
                 const preview2::Wanted& wanted)
    : linker_(linker),
      source_(std::move(source)),
      wanted_(wanted),
      may_trace_(!source_->fixed || source_->fixed->tracing()) {}

void Definer::add(const char* interface, const char* name, AnyFunction function, Run run,
                  decltype(HostFunc::start) start, FuncShape (*shape)()) {
  if (!result_ || !wanted_.has(interface, kVersion, name)) return;
  const auto import =
      std::make_shared<Import>(Import{{interface, name, call_function, start, shape(), source_}, function, run});
  import->shape.is_async = start != nullptr;
  HostFunc func;
  func.env = import;
  func.shape = import->shape;
  if (start != nullptr) func.start = may_trace_ ? start_traced : start;
  else func.fn = may_trace_ ? call_traced : call_function;
  result_ = linker_.define_func(full_name_.of(interface, kVersion), name, std::move(func));
}

void Definer::add_resource(const char* interface, const char* name,
                           Result<void> (ComponentLinker::*define)(std::string_view, std::string_view)) {
  if (!result_ || !wanted_.has(interface, kVersion, name)) return;
  result_ = (linker_.*define)(full_name_.of(interface, kVersion), name);
}

Result<void> define_all(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                        const preview2::Wanted& wanted) {
  Definer definer(linker, source, wanted);
#define RESOURCE(interface, name, Class) definer.resource<Class>(interface, name);
#define FUNCTION(...)
#define ASYNC(...)
#include "wasi/preview3/functions.def"
#define RESOURCE(...)
#define FUNCTION(interface, name, function) definer.add(interface, name, &function);
#define ASYNC(interface, name, function) definer.add_async(interface, name, &function);
#include "wasi/preview3/functions.def"
  ERMINE_TRY(definer.finish());
  ERMINE_TRY(preview3::define_http(linker, source, wanted));
  return preview3::define_tls(linker, source, wanted);
}

}  // namespace ermine::wasi::preview3
