#include "component/runtime/adapter_imports.h"

#include "base/format.h"
#include "component/adapter/transcode.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/streams.h"
#include "runtime/call.h"

namespace ermine::component {

using runtime::HostCall;
using runtime::Slot;

namespace {

struct TransferEnv {
  std::shared_ptr<ComponentInstance> root;
  InstanceState* from;
  InstanceState* to;
  const ResourceType* from_type;
  const ResourceType* to_type;
};

struct TranscodeEnv {
  std::shared_ptr<ComponentInstance> root;
  runtime::Memory* from;
  runtime::Memory* to;

  // Adapters have checked the ranges; a range that is not in memory would be a bug of theirs.
  std::optional<std::span<uint8_t>> source(uint64_t at, uint64_t bytes) const { return range(*from, at, bytes); }
  std::optional<std::span<uint8_t>> target(uint64_t at, uint64_t bytes) const { return range(*to, at, bytes); }
  static std::optional<std::span<uint8_t>> range(const runtime::Memory& memory, uint64_t at, uint64_t bytes) {
    const uint64_t size = memory.byte_size();
    if (bytes > size || at > size - bytes) return std::nullopt;
    return std::span<uint8_t>(memory.base() + at, bytes);
  }
};

bool fail(HostCall& call, AdapterTrap code) { return runtime::fail(call, component_trap(code)); }
bool outside(HostCall& call) { return fail(call, AdapterTrap::StringOutOfBounds); }

// ---- Transcoders. Widths: bytes of a code unit in the source, bytes of room for each in the target.

template <Intrinsic kIntrinsic, unsigned kFrom, unsigned kTo>
bool transcode(void* env, HostCall& call, Slot* slots) {
  const auto& self = *static_cast<TranscodeEnv*>(env);
  const auto length = static_cast<uint32_t>(slots[1]);
  const auto from = self.source(slots[0], uint64_t{length} * kFrom);
  const auto to = self.target(slots[2], uint64_t{length} * kTo);
  if (!from || !to) return outside(call);
  if constexpr (kIntrinsic == Intrinsic::Utf8ToUtf8) {
    if (!copy_utf8(*from, to->data())) return fail(call, AdapterTrap::InvalidUtf8);
  } else if constexpr (kIntrinsic == Intrinsic::Utf16ToUtf16) {
    if (!copy_utf16(*from, to->data())) return fail(call, AdapterTrap::InvalidUtf16);
  } else if constexpr (kIntrinsic == Intrinsic::Latin1ToUtf16) {
    latin1_to_utf16(*from, to->data());
  } else if constexpr (kIntrinsic == Intrinsic::Utf8ToUtf16) {
    const auto units = utf8_to_utf16(*from, to->data());
    if (!units) return fail(call, AdapterTrap::InvalidUtf8);
    slots[0] = *units;
  } else if constexpr (kIntrinsic == Intrinsic::Utf8ToLatin1) {
    const auto progress = utf8_to_latin1(*from, to->data());
    if (!progress) return fail(call, AdapterTrap::InvalidUtf8);
    slots[0] = progress->packed();
  } else if constexpr (kIntrinsic == Intrinsic::Utf16ToLatin1) {
    const auto progress = utf16_to_latin1(*from, to->data());
    if (!progress) return fail(call, AdapterTrap::InvalidUtf16);
    slots[0] = progress->packed();
  } else {
    const auto latin1 = utf16_to_compact(*from, to->data());
    if (!latin1) return fail(call, AdapterTrap::InvalidUtf16);
    slots[0] = *latin1 ? 1 : 0;
  }
  return true;
}

// Those to UTF-8, which are given the room.
template <unsigned kFrom>
bool to_utf8(void* env, HostCall& call, Slot* slots) {
  const auto& self = *static_cast<TranscodeEnv*>(env);
  const auto from = self.source(slots[0], uint64_t{static_cast<uint32_t>(slots[1])} * kFrom);
  const auto to = self.target(slots[2], static_cast<uint32_t>(slots[3]));
  if (!from || !to) return outside(call);
  if constexpr (kFrom == 1) {
    slots[0] = latin1_to_utf8(*from, *to).packed();
  } else {
    const auto progress = utf16_to_utf8(*from, *to);
    if (!progress) return fail(call, AdapterTrap::InvalidUtf16);
    slots[0] = progress->packed();
  }
  return true;
}

bool widen(void* env, HostCall& call, Slot* slots) {
  const auto& self = *static_cast<TranscodeEnv*>(env);
  const auto length = static_cast<uint32_t>(slots[1]);
  const auto to = self.target(slots[0], uint64_t{length} * 2);
  if (!to) return outside(call);
  widen_latin1(to->data(), length);
  return true;
}

// ---- Handles

bool transfer_own(void* env, HostCall& call, Slot* slots) {
  const auto& self = *static_cast<TransferEnv*>(env);
  Result<uint64_t> rep = self.root->take_own(*self.from, static_cast<uint32_t>(slots[0]), self.from_type);
  if (!rep) return runtime::fail(call, std::move(rep).error());
  Result<uint32_t> handle = self.to->handles.add({.type = self.to_type, .rep = *rep, .own = true});
  if (!handle) return runtime::fail(call, std::move(handle).error());
  slots[0] = *handle;
  return true;
}

bool transfer_borrow(void* env, HostCall& call, Slot* slots) {
  const auto& self = *static_cast<TransferEnv*>(env);
  Result<uint64_t> rep = self.root->lend(*self.from, static_cast<uint32_t>(slots[0]), self.from_type);
  if (!rep) return runtime::fail(call, std::move(rep).error());
  if (self.to_type->implementer == self.to) {
    slots[0] = *rep;
    return true;
  }
  Result<uint32_t> handle = self.root->add_borrow(*self.to, self.to_type, *rep);
  if (!handle) return runtime::fail(call, std::move(handle).error());
  slots[0] = *handle;
  return true;
}

struct StreamTransferEnv {
  std::shared_ptr<ComponentInstance> root;
  InstanceState* from;
  InstanceState* to;
  TypeUse from_type, to_type;
  bool is_future;
};

bool transfer_stream(void* env, HostCall& call, Slot* slots) {
  const auto& self = *static_cast<StreamTransferEnv*>(env);
  Result<std::shared_ptr<SharedStream>> shared =
      lift_stream(*self.from, self.root->types(), static_cast<uint32_t>(slots[0]), self.from_type, self.is_future);
  if (!shared) return runtime::fail(call, std::move(shared).error());
  Result<uint32_t> handle = lower_stream(*self.to, *std::move(shared), self.to_type);
  if (!handle) return runtime::fail(call, std::move(handle).error());
  slots[0] = *handle;
  return true;
}

bool transfer_error_context(void* env, HostCall& call, Slot* slots) {
  const auto& self = *static_cast<StreamTransferEnv*>(env);
  Result<std::shared_ptr<ErrorContextObject>> context =
      self.from->handles.get<ErrorContextObject>(static_cast<uint32_t>(slots[0]));
  if (!context) return runtime::fail(call, std::move(context).error());
  Result<uint32_t> handle = self.to->handles.add(*std::move(context));
  if (!handle) return runtime::fail(call, std::move(handle).error());
  slots[0] = *handle;
  return true;
}

struct RootEnv {
  std::shared_ptr<ComponentInstance> root;
  InstanceState* instance;
};

bool enter_call(void* env, HostCall&, Slot*) {
  const auto& self = *static_cast<RootEnv*>(env);
  self.root->enter_call(self.instance);
  return true;
}

bool exit_call(void* env, HostCall& call, Slot*) {
  if (auto done = static_cast<RootEnv*>(env)->root->exit_call(); !done)
    return runtime::fail(call, std::move(done).error());
  return true;
}

bool trap(void*, HostCall& call, Slot* slots) {
  const auto code = static_cast<uint32_t>(slots[0]);
  return fail(call, code < kAdapterTraps ? static_cast<AdapterTrap>(code) : AdapterTrap::CannotEnter);
}

runtime::HostFn function_of(Intrinsic intrinsic) {
  switch (intrinsic) {
    case Intrinsic::Utf8ToUtf8: return transcode<Intrinsic::Utf8ToUtf8, 1, 1>;
    case Intrinsic::Utf16ToUtf16: return transcode<Intrinsic::Utf16ToUtf16, 2, 2>;
    case Intrinsic::Latin1ToUtf16: return transcode<Intrinsic::Latin1ToUtf16, 1, 2>;
    case Intrinsic::Utf8ToUtf16: return transcode<Intrinsic::Utf8ToUtf16, 1, 2>;
    case Intrinsic::Utf16ToUtf8: return to_utf8<2>;
    case Intrinsic::Latin1ToUtf8: return to_utf8<1>;
    case Intrinsic::Utf8ToLatin1: return transcode<Intrinsic::Utf8ToLatin1, 1, 1>;
    case Intrinsic::Utf16ToLatin1: return transcode<Intrinsic::Utf16ToLatin1, 2, 1>;
    case Intrinsic::Utf16ToCompact: return transcode<Intrinsic::Utf16ToCompact, 2, 2>;
    case Intrinsic::WidenLatin1: return widen;
    case Intrinsic::TransferOwn: return transfer_own;
    case Intrinsic::TransferBorrow: return transfer_borrow;
    case Intrinsic::EnterCall: return enter_call;
    case Intrinsic::ExitCall: return exit_call;
    case Intrinsic::Trap: return trap;
    case Intrinsic::TransferStream:
    case Intrinsic::TransferFuture: return transfer_stream;
    case Intrinsic::TransferErrorContext: return transfer_error_context;
  }
  return nullptr;
}

}  // namespace

Result<std::shared_ptr<const runtime::HostFunction>> make_host_function(std::shared_ptr<wasm::TypeRegistry> registry,
                                                                        const wasm::FuncType& type, runtime::HostFn fn,
                                                                        std::shared_ptr<void> env) {
  auto made = std::make_shared<runtime::HostFunction>();
  ERMINE_ASSIGN(made->type, registry->add_func(type.params, type.results));
  made->registry = std::move(registry);
  made->fn = fn;
  made->env = std::move(env);
  return std::shared_ptr<const runtime::HostFunction>(std::move(made));
}

Result<std::shared_ptr<const runtime::HostFunction>> intrinsic_function(
    const std::shared_ptr<ComponentInstance>& instance, const CompiledComponent::AdapterCode& code,
    const AdapterImport& import) {
  const runtime::HostFn fn = function_of(import.intrinsic);
  std::shared_ptr<void> env;
  switch (import.intrinsic) {
    case Intrinsic::TransferOwn:
    case Intrinsic::TransferBorrow:
      env = std::make_shared<TransferEnv>(TransferEnv{instance, &instance->state(import.from_instance),
                                                      &instance->state(import.to_instance),
                                                      instance->resource_of(import.from_instance, import.from_type),
                                                      instance->resource_of(import.to_instance, import.to_type)});
      break;
    case Intrinsic::TransferStream:
    case Intrinsic::TransferFuture:
    case Intrinsic::TransferErrorContext:
      env = std::make_shared<StreamTransferEnv>(
          StreamTransferEnv{instance, &instance->state(import.from_instance), &instance->state(import.to_instance),
                            TypeUse::index(import.from_type), TypeUse::index(import.to_type),
                            import.intrinsic == Intrinsic::TransferFuture});
      break;
    case Intrinsic::EnterCall:
      env = std::make_shared<RootEnv>(RootEnv{instance, &instance->state(import.number)});
      break;
    case Intrinsic::ExitCall:
    case Intrinsic::Trap: env = std::make_shared<RootEnv>(RootEnv{instance, nullptr}); break;
    default:
      env = std::make_shared<TranscodeEnv>(TranscodeEnv{instance, instance->memory(code.memories[import.from.number]),
                                                        instance->memory(code.memories[import.to.number])});
      break;
  }
  return make_host_function(instance->component().engine()->registry(), import.type, fn, std::move(env));
}

}  // namespace ermine::component
