// Makes a host function from a C++ function. Functions of 0.2 get parameters and results of 0.3 (Newer). What is done
// at once is bound as a function that returns; the library answers the call of an async function with its result.

#include "wasi/preview3/bind.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "ermine/component/detail/async_func.h"
#include "wasi/preview3/functions.h"

namespace ermine::wasi::preview3 {
namespace {

using component::Reply;
using component::detail::CallReply;
using component::detail::Cursor;
using component::detail::HostCallable;
using component::detail::HostFunc;
using component::detail::StoredParam;
using preview2::Context;
using preview2::Import;

template <class Signature>
struct Traits;
template <class R, class... A>
struct Traits<R (*)(Call&, A...)> {
  using Host = HostCallable<typename Newer<R>::type(typename Newer<A>::type...)>;
  template <auto kFunction>
  static decltype(auto) run(Call& call, typename Host::Stored& values) {
    return [&]<size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return kFunction(call, Newer<A>::back(StoredParam<typename Newer<A>::type>::pass(std::get<I>(values)))...);
    }(std::index_sequence_for<A...>());
  }
  using Value = R;
};
template <class R, class... A>
struct Traits<void (*)(Call&, Reply<R>, A...)> {
  using Host = HostCallable<R(A...)>;
  template <auto kFunction>
  static void run(Call& call, const CallReply& reply, typename Host::Stored& values) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      kFunction(call, Reply<R>(reply), StoredParam<A>::pass(std::get<I>(values))...);
    }(std::index_sequence_for<A...>());
  }
};

// The end of a function: whether the program continues.
bool finish(Call& call, Cursor& cursor) {
  if (!call.stop && call.moved >= kBytesPerFuel) {
    if (Result<void> paid = call.pay(); !paid) call.stop = std::move(paid).error();
  }
  return !call.stop || cursor.fail(std::move(call.stop));
}

Context* context_of(void* env, runtime::Store* store, Cursor& cursor) {
  const Import& import = *static_cast<const Import*>(env);
  Context* context = import.source->get(store);
  if (context == nullptr) [[unlikely]]
    cursor.fail(Error(ErrorKind::kUsage, std::string(import.name) + ": the calling store has no WASI state"));
  return context;
}

template <auto kFunction>
bool call_function(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
  using Function = Traits<decltype(kFunction)>;
  using Value = typename Function::Value;
  Context* context = context_of(env, store, cursor);
  if (context == nullptr) return false;
  Call call{*context, StoreRef(store)};
  typename Function::Host::Stored values{};
  uint64_t out = 0;
  if (!Function::Host::lift(cursor, slots, values, out)) return false;
  if constexpr (std::is_void_v<Value>) {
    Function::template run<kFunction>(call, values);
    return finish(call, cursor);
  } else {
    const typename Newer<Value>::type result = Newer<Value>::from(Function::template run<kFunction>(call, values));
    return finish(call, cursor) && Function::Host::lower(cursor, slots, result, out);
  }
}

// Of a function that answers later. Its parameters are numbers, which it copies.
template <auto kFunction>
bool start_function(void* env, runtime::Store* store, Cursor& cursor, const uint64_t* slots, const CallReply& reply,
                    std::shared_ptr<void>&) {
  using Function = Traits<decltype(kFunction)>;
  Context* context = context_of(env, store, cursor);
  if (context == nullptr) return false;
  Call call{*context, StoreRef(store)};
  typename Function::Host::Stored values{};
  uint64_t out = 0;
  if (!Function::Host::lift(cursor, slots, values, out)) return false;
  Function::template run<kFunction>(call, reply, values);
  return finish(call, cursor);
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

constexpr size_t kFunctions = 0
#define RESOURCE(...)
#define FUNCTION(...) +1
#define ASYNC(...) +1
#include "wasi/preview3/functions.def"
    ;

std::string full_name(const char* interface) { return std::string("wasi:") + interface + "@0.3.1"; }

class Definer {
 public:
  Definer(ComponentLinker& linker, preview2::ContextSource source)
      : linker_(linker), may_trace_(!source.fixed || source.fixed->tracing()) {
    source_ = std::make_shared<const preview2::ContextSource>(std::move(source));
  }
  // One of `call` and `start` is null.
  [[gnu::noinline]] void add(const char* interface, const char* name, decltype(Import::call) call,
                             decltype(Import::start) start, component::detail::FuncShape (*shape)()) {
    if (!result_) return;
    Import& import = imports_[used_++];
    import = {interface, name, call, start, shape(), source_};
    import.shape.is_async = start != nullptr;
    HostFunc func;
    func.env = {imports_, &import};
    func.shape = import.shape;
    if (start != nullptr) func.start = may_trace_ ? start_traced : start;
    else func.fn = may_trace_ ? call_traced : call;
    result_ = linker_.define_func(full_name(interface), name, std::move(func));
  }
  Result<void> finish() { return std::move(result_); }

 private:
  ComponentLinker& linker_;
  std::shared_ptr<const preview2::ContextSource> source_;
  std::shared_ptr<Import[]> imports_ = std::make_shared<Import[]>(kFunctions);
  size_t used_ = 0;
  bool may_trace_;
  Result<void> result_;
};

}  // namespace

Result<void> define_all(ComponentLinker& linker, preview2::ContextSource source) {
#define RESOURCE(interface, name, Class) ERMINE_TRY(linker.resource<Class>(full_name(interface), name));
#define FUNCTION(...)
#define ASYNC(...)
#include "wasi/preview3/functions.def"
  Definer definer(linker, std::move(source));
#define RESOURCE(...)
#define FUNCTION(interface, name, function) \
  definer.add(interface, name, call_function<&function>, nullptr, Traits<decltype(&function)>::Host::shape);
#define ASYNC(interface, name, function) \
  definer.add(interface, name, nullptr, start_function<&function>, Traits<decltype(&function)>::Host::shape);
#include "wasi/preview3/functions.def"
  return definer.finish();
}

}  // namespace ermine::wasi::preview3
