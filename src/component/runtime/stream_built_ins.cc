// Built-ins for streams and futures. (CanonicalABI.md, `canon {stream,future}.new` and the following.)
#include "base/format.h"
#include "component/runtime/made_env.h"
#include "component/runtime/streams.h"

namespace ermine::component {

using runtime::Slot;

namespace {

bool is_future(const MadeEnv& env) { return env.root->types().kind(env.made->value_type) == TypeKind::Future; }

HandleKind kind_of(bool future, bool reader) {
  if (future) return reader ? HandleKind::kFutureReader : HandleKind::kFutureWriter;
  return reader ? HandleKind::kStreamReader : HandleKind::kStreamWriter;
}

Result<void> new_pair(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  HandleTable& handles = env.state().handles;
  const bool future = is_future(env);
  auto shared = std::make_shared<SharedStream>(future);
  auto reader = std::make_shared<CopyEnd>(kind_of(future, true), shared, env.made->value_type);
  auto writer = std::make_shared<CopyEnd>(kind_of(future, false), shared, env.made->value_type);
  ERMINE_ASSIGN(reader->index, handles.add(reader));
  ERMINE_ASSIGN(writer->index, handles.add(writer));
  slots[0] = reader->index | uint64_t{writer->index} << 32;
  return {};
}

Result<void> check_end(const MadeEnv& env, const CopyEnd& end, bool reader) {
  const Types& types = env.root->types();
  const HandleKind expected = kind_of(is_future(env), reader);
  if (end.kind == expected && types.canonical(end.type) == types.canonical(env.made->value_type)) return {};
  return component_trap(
      base::format("handle index {} used with the wrong type, expected a {:t} of the type but found a {:t}", end.index,
                   handle_kind_name(expected), handle_kind_name(end.kind)));
}

// Why an end cannot begin a copy.
std::string_view not_idle(const CopyEnd& end) {
  if (end.state != CopyEnd::State::kDone) return "cannot have concurrent operations active on a future/stream";
  switch (end.kind) {
    case HandleKind::kStreamReader: return "cannot read from stream after being notified that the writable end dropped";
    case HandleKind::kStreamWriter: return "cannot write to stream after being notified that the readable end dropped";
    case HandleKind::kFutureReader: return "cannot read from future after previous read succeeded";
    default: return "cannot write to future after previous write succeeded or readable end dropped";
  }
}

// CanonicalABI.md, `BufferGuestImpl`.
Result<void> set_buffer(const MadeEnv& env, CopyEnd& end, uint64_t at, uint64_t length) {
  const PlanOptions& options = env.made->options;
  if (length >= kMaxValueSize) return component_trap("the buffer of a stream is too long: the limit is 2^28 elements");
  const Types& types = env.root->types();
  const TypeUse element = types.defined[end.type.index()].first;
  if (!element.is_none() && length > 0) {
    const Layout layout = types.layout(element, options.address);
    const uint64_t size = env.root->memory(*options.memory)->byte_size(), bytes = length * layout.size;
    if (at % layout.alignment != 0) return component_trap(AdapterTrap::UnalignedPointer);
    if (bytes > size || at > size - bytes)
      return component_trap(base::format("{:t}: the buffer of a stream or future",
                                         adapter_trap_message(AdapterTrap::PointerOutOfBounds)));
  }
  end.root = env.root.get();
  end.instance = env.made->instance;
  end.options = &options;
  end.at = at;
  end.length = static_cast<uint32_t>(length);
  return {};
}

// Waits for the event of a copy, unless the built-in is asynchronous, and returns its result.
Result<void> result_of(const MadeEnv& env, CopyEnd& end, Slot* slots) {
  if (!end.has_event) {
    if (env.made->is_async) {
      slots[0] = kBlocked;
      return {};
    }
    ERMINE_TRY(env.scheduler().wait_for_event(end));
  }
  slots[0] = take_event(end).payload;
  return {};
}

template <bool kReads>
Result<void> copy(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const std::shared_ptr<CopyEnd> end, blocking_operand<CopyEnd>(env, slots[0]));
  ERMINE_TRY(check_end(env, *end, kReads));
  if (end->state != CopyEnd::State::kIdle) return component_trap(std::string(not_idle(*end)));
  if (end->set && !env.made->is_async) return component_trap(std::string(kSyncInSet));
  ERMINE_TRY(set_buffer(env, *end, slots[1], end->is_future() ? 1 : slots[2]));
  ERMINE_TRY(begin_copy(env.scheduler(), *end));
  ERMINE_TRY(env.scheduler().spend(0));
  return result_of(env, *end, slots);
}

template <bool kReads>
Result<void> cancel(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  ERMINE_ASSIGN(const std::shared_ptr<CopyEnd> end, blocking_operand<CopyEnd>(env, slots[0]));
  ERMINE_TRY(check_end(env, *end, kReads));
  if (end->state != CopyEnd::State::kCopying || end->has_sync_waiter)
    return component_trap(base::format("`{:t}` without a copy that is in progress", canon_info(env.made->op).name));
  if (end->set && !env.made->is_async) return component_trap(std::string(kSyncInSet));
  end->state = CopyEnd::State::kCancelling;
  if (!end->has_event) cancel_copy(env.scheduler(), *end);
  return result_of(env, *end, slots);
}

template <bool kReads>
Result<void> drop(const MadeEnv& env, Slot* slots) {
  ERMINE_TRY(env.check_may_leave());
  const auto index = static_cast<uint32_t>(slots[0]);
  ERMINE_ASSIGN(const std::shared_ptr<CopyEnd> end, env.state().handles.get<CopyEnd>(index));
  ERMINE_TRY(check_end(env, *end, kReads));
  if (end->copying())
    return component_trap(
        base::format("cannot {:t} busy {:t}", kReads ? "remove" : "drop", end->is_future() ? "future" : "stream"));
  if (end->kind == HandleKind::kFutureWriter && end->state != CopyEnd::State::kDone)
    return component_trap("cannot drop future write end without first writing a value");
  env.state().handles.remove(index);
  end->join(nullptr, env.scheduler());
  drop_end(env.scheduler(), *end->shared);
  return {};
}

}  // namespace

runtime::HostFn stream_built_in(CanonOp op) {
  switch (op) {
    case CanonOp::StreamNew:
    case CanonOp::FutureNew: return run_made<new_pair>;
    case CanonOp::StreamRead:
    case CanonOp::FutureRead: return run_made<copy<true>>;
    case CanonOp::StreamWrite:
    case CanonOp::FutureWrite: return run_made<copy<false>>;
    case CanonOp::StreamCancelRead:
    case CanonOp::FutureCancelRead: return run_made<cancel<true>>;
    case CanonOp::StreamCancelWrite:
    case CanonOp::FutureCancelWrite: return run_made<cancel<false>>;
    case CanonOp::StreamDropReadable:
    case CanonOp::FutureDropReadable: return run_made<drop<true>>;
    case CanonOp::StreamDropWritable:
    case CanonOp::FutureDropWritable: return run_made<drop<false>>;
    default: return nullptr;
  }
}

}  // namespace ermine::component
