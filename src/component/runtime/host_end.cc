// See host_end.h.
#include "component/runtime/host_end.h"

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/host_types.h"
#include "component/runtime/same_type.h"
#include "component/runtime/stream_values.h"

namespace ermine::component {

// Outlives the HostEnd if its end is still to be dropped, and while functions of its copies run.
struct HostEnd::Body final : HostOperation, std::enable_shared_from_this<Body> {
  Body(Scheduler& scheduler, HandleKind kind, std::shared_ptr<SharedStream> shared)
      : scheduler(&scheduler), waker(scheduler.waker()), end(kind, std::move(shared), TypeUse()) {}

  // Begins a copy of the public API. One that is begun by the function of the last is begun when that has returned, so
  // that a guest with a large buffer does not decide how deep the host recurses.
  // (A copy is five words and three functions: it is moved as seldom as possible.)
  Result<void> begin(detail::StreamCopy&& copy) {
    typed.copy = std::move(copy);
    buffer.length = typed.copy.length;
    buffer.typed = &typed;
    buffer.done = [this](CopyResult result) { ended(result); };
    register_at(*scheduler);
    const std::shared_ptr<Body> keep = shared_from_this();
    Result<void> begun = HostEnd::copy(keep, buffer);
    if (begun) return begun;
    unregister();
    failed = std::exchange(typed.copy, {});
    return begun;
  }
  void ended(CopyResult result) {
    const std::shared_ptr<Body> keep = shared_from_this();
    unregister();
    {
      const detail::StreamCopy copy = std::move(typed.copy);
      call_done(copy, result, buffer.progress);
    }
    if (begins_next) return;
    begins_next = true;
    while (next) {
      detail::StreamCopy begun = *std::move(next);
      next.reset();
      if (!begin(std::move(begun))) call_done(std::exchange(failed, {}), CopyResult::kCancelled, 0);
    }
    begins_next = false;
  }
  void call_done(const detail::StreamCopy& copy, CopyResult result, uint32_t moved) {
    in_done = true;
    if (copy.done) copy.done(result, moved);
    in_done = false;
  }

  // Copies that wait would keep what their functions refer to, perhaps this end.
  void end_with_store() override {
    buffer.done = nullptr;
    // They may own this object.
    const detail::StreamCopy ended = std::exchange(typed.copy, {});
    const std::optional<detail::StreamCopy> never = std::exchange(next, std::nullopt);
  }

  Scheduler* scheduler;
  std::shared_ptr<Waker> waker;
  CopyEnd end;
  TypedBuffer typed;  // of begin()
  HostBuffer buffer;
  bool in_done = false, begins_next = false;
  std::optional<detail::StreamCopy> next;
  detail::StreamCopy failed;
  // The type where it comes from; null: from the host, without a type.
  std::shared_ptr<ComponentInstance> root;
  uint32_t instance = 0;
  TypeUse type;
};

// Lies beside its counts.
struct HostEnd::Made final : HostEnd {
  explicit Made(std::shared_ptr<Body> body) : HostEnd(std::move(body)) {}
};

HostEnd::HostEnd(std::shared_ptr<Body> body)
    : body_(std::move(body)), is_future_(body_->end.is_future()), is_reader_(body_->end.is_reader()) {}

std::shared_ptr<HostEnd> HostEnd::make(Scheduler& scheduler, HandleKind kind, std::shared_ptr<SharedStream> shared) {
  return std::make_shared<Made>(std::make_shared<Body>(scheduler, kind, std::move(shared)));
}

HostEnd::Ends HostEnd::create_ends(Scheduler& scheduler, bool is_future) {
  auto shared = std::make_shared<SharedStream>(is_future);
  return {make(scheduler, is_future ? HandleKind::kFutureWriter : HandleKind::kStreamWriter, shared),
          make(scheduler, is_future ? HandleKind::kFutureReader : HandleKind::kStreamReader, shared)};
}

HostEnd::Pair HostEnd::create(Scheduler& scheduler, bool is_future) {
  Ends ends = create_ends(scheduler, is_future);
  return {std::move(ends.writer), *ends.reader->into_value()};
}

Result<std::shared_ptr<HostEnd>> HostEnd::take(Scheduler& scheduler, const Value& value) {
  if (value.kind() != ValueKind::kStream && value.kind() != ValueKind::kFuture)
    return Error(ErrorKind::kUsage,
                 base::format("the value is a {:t}, not a stream or future", kind_name(value.kind())));
  const auto* stream = static_cast<const StreamValue*>(value.as_handle().owner.get());
  if (!stream || !stream->shared)
    return Error(ErrorKind::kUsage, "the stream or future was passed on, or taken before");
  const HandleKind kind = stream->shared->is_future ? HandleKind::kFutureReader : HandleKind::kStreamReader;
  auto end = make(scheduler, kind, std::exchange(stream->shared, nullptr));
  end->body_->root = stream->root;
  end->body_->instance = stream->instance;
  end->body_->type = stream->type;
  return end;
}

std::shared_ptr<HostEnd> HostEnd::adopt(ComponentInstance& root, uint32_t instance, TypeUse type,
                                        std::shared_ptr<SharedStream> shared) {
  const HandleKind kind = shared->is_future ? HandleKind::kFutureReader : HandleKind::kStreamReader;
  auto end = make(root.scheduler(), kind, std::move(shared));
  end->body_->root = root.shared_from_this();
  end->body_->instance = instance;
  end->body_->type = type;
  return end;
}

HostEnd::~HostEnd() {
  if (!body_) return;
  Waker& waker = *body_->waker;
  waker.post([body = std::move(body_)] {
    if (body->end.copying()) cancel_copy(*body->scheduler, body->end);
    drop_end(*body->scheduler, *body->end.shared);
    return true;
  });
}

Scheduler* HostEnd::scheduler() const { return body_ && !body_->waker->is_closed() ? body_->scheduler : nullptr; }

// ---- Copying

Result<void> HostEnd::check_idle(bool reads) const {
  if (!body_) return Error(ErrorKind::kUsage, "the stream or future was passed on, or closed");
  if (!scheduler()) return Error(ErrorKind::kUsage, "the store of the stream or future was destroyed");
  if (is_reader_ != reads)
    return Error(ErrorKind::kUsage, reads ? "this end of the stream writes" : "this end of the stream reads");
  if (body_->end.state == CopyEnd::State::kDone)
    return Error(ErrorKind::kUsage, "the stream or future is over: the other end is gone, or the value was copied");
  if (copying()) return Error(ErrorKind::kUsage, "an operation of this stream or future is in progress");
  return {};
}

Result<void> HostEnd::copy(const std::shared_ptr<Body>& body, HostBuffer& buffer) {
  Scheduler& scheduler = *body->scheduler;
  const std::shared_ptr<Body> keep = body;  // buffer.done may destroy the HostEnd
  CopyEnd& end = keep->end;
  buffer.progress = 0;
  if (end.is_future()) buffer.length = 1;
  end.length = buffer.length;
  end.host = &buffer;
  const Scheduler::CallsFromHost calls(scheduler);
  Result<void> begun = begin_copy(scheduler, end);
  if (!begun) {
    // Of values that do not fit, or of the guest at the other end.
    end.host = nullptr;
    end.state = CopyEnd::State::kIdle;
    CopyEnd* other = end.shared->pending;
    if (begun.error().kind() != ErrorKind::kUsage && other && other->root) {
      other->root->state(other->instance).set_flag(kInstanceRuns);  // never entered again
      other->root->fail(begun.error());
    }
  }
  return begun;
}

Result<void> HostEnd::read(HostBuffer& buffer) {
  ERMINE_TRY(check_idle(true));
  return copy(body_, buffer);
}
Result<void> HostEnd::write(HostBuffer& buffer) {
  ERMINE_TRY(check_idle(false));
  return copy(body_, buffer);
}

Result<void> HostEnd::begin(detail::StreamCopy&& copy) {
  ERMINE_TRY(check_idle(is_reader_));
  if (copy.length >= kMaxValueSize) return Error(ErrorKind::kUsage, "a copy of a stream has fewer than 2^28 elements");
  const std::shared_ptr<Body> body = body_;
  if (body->in_done) {
    body->next = std::move(copy);
    return {};
  }
  Result<void> begun = body->begin(std::move(copy));
  body->failed = {};
  return begun;
}

void HostEnd::cancel() {
  if (!scheduler()) return;
  const std::shared_ptr<Body> body = body_;
  if (body->end.copying()) cancel_copy(*body->scheduler, body->end);
  else if (auto next = std::exchange(body->next, std::nullopt); next && next->done)
    next->done(CopyResult::kCancelled, 0);
}

void HostEnd::close() {
  if (!scheduler()) return;
  cancel();
  // The function of the operation may have closed it.
  const std::shared_ptr<Body> body = std::exchange(body_, nullptr);
  if (body) drop_end(*body->scheduler, *body->end.shared);
}

bool HostEnd::copying() const { return body_ && (body_->end.copying() || body_->next); }

uint32_t HostEnd::waiting() const {
  if (!scheduler()) return 0;
  const CopyEnd* other = body_->end.shared->pending;
  return other && other != &body_->end ? other->remaining() : 0;
}

bool HostEnd::is_over() const {
  return !scheduler() || body_->end.state == CopyEnd::State::kDone || body_->end.shared->dropped;
}

void HostEnd::on_drop(std::function<void()> dropped) const {
  if (body_) body_->end.shared->on_drop = std::move(dropped);
}

// ---- Passing on

Result<std::shared_ptr<HostEnd::Body>> HostEnd::release() {
  ERMINE_TRY(check_idle(true));
  return std::exchange(body_, nullptr);
}

Result<uint32_t> HostEnd::pass_on(ComponentInstance& root, uint32_t instance, TypeUse type) {
  ERMINE_TRY(check_idle(true));
  if (body_->scheduler != &root.scheduler())
    return Error(ErrorKind::kUsage, "the stream or future belongs to another store");
  if (body_->root && !same_type({root, instance}, type, {*body_->root, body_->instance}, body_->type))
    return Error(ErrorKind::kUsage, "the stream or future has elements of another type");
  ERMINE_ASSIGN(const std::shared_ptr<Body> body, release());
  return lower_stream(root.state(instance), body->end.shared, type);
}

Result<Value> HostEnd::into_value() {
  ERMINE_ASSIGN(const std::shared_ptr<Body> body, release());
  auto value = std::make_shared<StreamValue>();
  value->shared = body->end.shared;
  value->scheduler = body->scheduler;
  value->waker = body->waker;
  value->root = body->root;
  value->instance = body->instance;
  value->type = body->type;
  return Value::handle(is_future_ ? ValueKind::kFuture : ValueKind::kStream, Handle{0, std::move(value)});
}

Result<void> HostEnd::check_element(const Value& value, const detail::TypeShape* element) {
  const auto* stream = static_cast<const StreamValue*>(value.as_handle().owner.get());
  if (!stream || !stream->root) return {};
  const TypeUse type = stream->root->types().defined[stream->type.index()].first;
  ERMINE_TRY(check_element_types(*stream->root, stream->instance, type, element));
  return {};
}

// What is written to it will not be read. Values may end on any thread.
StreamValue::~StreamValue() {
  if (!shared) return;
  waker->post([end = std::move(shared), loop = scheduler] {
    drop_end(*loop, *end);
    return true;
  });
}

}  // namespace ermine::component
