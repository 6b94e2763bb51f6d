// Func, host functions and Caller.

#include <array>
#include <memory>

#include "api/convert.h"
#include "base/format.h"
#include "runtime/call.h"

namespace ermine {

namespace {

// Slots for a call, on the native stack if there are few.
class SlotBuffer {
 public:
  explicit SlotBuffer(size_t n) {
    if (n <= few_.size()) {
      slots_ = few_.data();
    } else {
      many_ = std::make_unique<uint64_t[]>(n);
      slots_ = many_.get();
    }
  }
  uint64_t* data() { return slots_; }

 private:
  std::array<uint64_t, 32> few_;
  std::unique_ptr<uint64_t[]> many_;
  uint64_t* slots_;
};

// A host function that takes Vals.
struct CallbackEnv {
  HostCallback callback;
  FuncType type;

  static bool call(void* env, runtime::HostCall& host_call, uint64_t* slots) {
    auto& self = *static_cast<CallbackEnv*>(env);
    runtime::Store* store = host_call.store;
    std::vector<Val> args, results;
    args.reserve(self.type.params.size());
    results.reserve(self.type.results.size());
    const uint64_t* at = slots;
    for (ValType t : self.type.params) {
      args.push_back(Val::from_slots(store, t, at));
      at += t.slots();
    }
    for (ValType t : self.type.results) results.push_back(Val::default_of(t));
    Caller caller(host_call);
    if (auto done = self.callback(caller, args, results); !done)
      return detail::fail(host_call, std::move(done).error());
    uint64_t* to = slots;
    for (size_t i = 0; i < results.size(); ++i) {
      const ValType t = self.type.results[i];
      if (auto ok = api::check_value(store, results[i], api::to_wasm(t), "result of a host function"); !ok)
        return detail::fail(host_call, std::move(ok).error());
      results[i].to_slots(to);
      to += t.slots();
    }
    return true;
  }
};

}  // namespace

namespace detail {

bool invoke(runtime::Store* store, runtime::FuncRef* func, uint64_t* slots) {
  return runtime::call(store, func, slots);
}
Error take_error(runtime::Store* store) { return runtime::take_error(store); }
bool fail(runtime::HostCall& call, Error&& error) { return runtime::fail(call, std::move(error)); }
runtime::Store* store_of(runtime::HostCall& call) { return call.store; }

Error exception_error(const char* what) {
  return Error::trap(TrapCode::kHost, what ? base::format("C++ exception: {}", what) : std::string("C++ exception"));
}

Result<void> check_signature(runtime::FuncRef* func, std::span<const ValType> params,
                             std::span<const ValType> results) {
  if (!func) return Error(ErrorKind::kUsage, "the function reference is null");
  const wasm::FuncType& type = func->type->func;
  // References may be less precise on the host's side: the class of an argument determines its type, so only the tops
  // of the hierarchies are offered, and these must be the function's parameter types.
  bool same = params.size() == type.params.size() && results.size() == type.results.size();
  for (size_t i = 0; same && i < params.size(); ++i) same = api::to_wasm(params[i]) == type.params[i];
  for (size_t i = 0; same && i < results.size(); ++i) {
    const wasm::ValType have = type.results[i], want = api::to_wasm(results[i]);
    same = have == want;
  }
  if (same) return {};
  FuncType asked{{params.begin(), params.end()}, {results.begin(), results.end()}};
  return Error(ErrorKind::kUsage, base::format("the function's type is \"{}\", not \"{}\"",
                                               api::to_public(type).to_string(), asked.to_string()));
}

Func make_func(StoreRef store, HostFunction function) {
  auto engine = store.engine();
  auto made = api::to_internal(*engine.impl(), std::move(function));
  // Fails only if the engine is full of types; a null function traps when it is called.
  if (!made) return Func();
  return Func(store.impl(), store.impl()->host_func(*made));
}

}  // namespace detail

namespace api {

Result<std::shared_ptr<const runtime::HostFunction>> to_internal(engine::Engine& engine,
                                                                 detail::HostFunction function) {
  auto made = std::make_shared<runtime::HostFunction>();
  ERMINE_ASSIGN(made->type, engine.registry()->add_func(to_wasm(std::span<const ValType>(function.type.params)),
                                                        to_wasm(std::span<const ValType>(function.type.results))));
  made->fn = function.fn;
  made->env = std::move(function.env);
  made->registry = engine.registry();
  return std::shared_ptr<const runtime::HostFunction>(std::move(made));
}

detail::HostFunction from_callback(const FuncType& type, HostCallback callback) {
  return {&CallbackEnv::call, std::make_shared<CallbackEnv>(CallbackEnv{std::move(callback), type}), type};
}

}  // namespace api

Func Func::create(StoreRef store, const FuncType& type, HostCallback callback) {
  return detail::make_func(store, api::from_callback(type, std::move(callback)));
}

FuncType Func::type() const { return api::to_public(impl_->type->func); }

std::string Func::name() const {
  return impl_->ctx ? std::string(impl_->ctx->instance->module().function_name(impl_->func_index)) : std::string();
}

Result<void> Func::call(std::span<const Val> args, std::span<Val> results) const {
  if (!impl_) return Error(ErrorKind::kUsage, "the function reference is null");
  const wasm::FuncType& type = impl_->type->func;
  if (args.size() != type.params.size())
    return Error(ErrorKind::kUsage,
                 base::format("the function takes {} arguments, {} were given", type.params.size(), args.size()));
  if (results.size() != type.results.size())
    return Error(ErrorKind::kUsage, base::format("the function has {} results, there is room for {}",
                                                 type.results.size(), results.size()));
  for (size_t i = 0; i < args.size(); ++i)
    ERMINE_TRY(api::check_value(store_, args[i], type.params[i], "argument", i + 1));
  SlotBuffer slots(std::max({type.param_slots, type.result_slots, 1u}));
  uint64_t* to = slots.data();
  for (size_t i = 0; i < args.size(); ++i) {
    args[i].to_slots(to);
    to += type.params[i].slots();
  }
  if (!runtime::call(store_, impl_, slots.data())) return runtime::take_error(store_);
  const uint64_t* from = slots.data();
  for (size_t i = 0; i < results.size(); ++i) {
    results[i] = Val::from_slots(store_, api::to_public(type.results[i]), from);
    from += type.results[i].slots();
  }
  return {};
}

Result<std::vector<Val>> Func::call(std::span<const Val> args) const {
  if (!impl_) return Error(ErrorKind::kUsage, "the function reference is null");
  std::vector<Val> results(impl_->type->func.results.size());
  ERMINE_TRY(call(args, results));
  return results;
}

bool Caller::fail(Error error) const { return runtime::fail(*call_, std::move(error)); }
StoreRef Caller::store() const { return StoreRef(call_->store); }

std::optional<Instance> Caller::instance() const {
  if (!call_->caller) return std::nullopt;
  return Instance(call_->store, call_->caller->instance);
}

std::optional<Extern> Caller::get_export(std::string_view name) const {
  auto self = instance();
  return self ? self->get_export(name) : std::nullopt;
}

std::optional<Memory> Caller::memory() const {
  runtime::Memory* m = call_->caller ? call_->caller->instance->exported_memory() : nullptr;
  if (!m) return std::nullopt;
  return Memory(call_->store, m);
}

std::span<uint8_t> Caller::memory_span() const {
  runtime::Memory* m = call_->caller ? call_->caller->instance->exported_memory() : nullptr;
  return m ? std::span<uint8_t>(m->base(), m->byte_size()) : std::span<uint8_t>();
}

}  // namespace ermine
