// Streams and futures: their ends, and the copying between the two. (CanonicalABI.md, "Buffer State", "Stream State",
// "Future State".) What is copied goes from the memory of the writer directly to that of the reader; an end can also be
// the host's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "component/runtime/component_instance.h"
#include "component/runtime/waitables.h"
#include "component/value/value.h"
#include "ermine/component/detail/stream_end.h"

namespace ermine::component {

struct CopyEnd;

// What the two ends share.
struct SharedStream {
  explicit SharedStream(bool future) : is_future(future) {}
  const bool is_future;
  bool dropped = false;
  CopyEnd* pending = nullptr;  // the end that has begun a copy, and waits for the other
  std::function<void()> on_drop;  // of an end of the host
};

// A copy of the public API, and the type that its elements have in the guest that it was last used with.
struct TypedBuffer {
  detail::StreamCopy copy;
  const ComponentInstance* root = nullptr;
  uint32_t instance = 0;
  TypeUse element;
  HostTypes types;
};

// Elements that the host reads or writes. Exactly one of `bytes`, `values` and `typed` is used: bytes if the element is
// plain (plain_element()), which are then in the form of a guest's memory.
struct HostBuffer {
  std::span<uint8_t> bytes;  // read into, or written from
  std::vector<Value> values;  // written: those that are left, from the first; read: those that have come
  TypedBuffer* typed = nullptr;
  uint32_t length = 0, progress = 0;  // elements
  std::function<void(CopyResult)> done;
};

// An end of a stream or future.
struct CopyEnd : Waitable {
  enum class State : uint8_t { kIdle, kCopying, kCancelling, kDone };

  CopyEnd(HandleKind kind, std::shared_ptr<SharedStream> shared, TypeUse type)
      : Waitable(kind), shared(std::move(shared)), type(type) {}
  static constexpr std::string_view kNoun = "stream or future";
  static bool is(HandleKind kind) { return kind >= HandleKind::kStreamReader && kind <= HandleKind::kFutureWriter; }

  bool is_reader() const { return kind == HandleKind::kStreamReader || kind == HandleKind::kFutureReader; }
  bool is_future() const { return shared->is_future; }
  bool copying() const { return state == State::kCopying || state == State::kCancelling; }

  std::shared_ptr<SharedStream> shared;
  TypeUse type;  // the type `stream` or `future`, in the Types of its instance; of the host: none
  State state = State::kIdle;
  bool saw_dropped = false;  // kDone because the other end was dropped

  // The copy that was begun: in the guest's memory,
  ComponentInstance* root = nullptr;
  uint32_t instance = 0;
  const PlanOptions* options = nullptr;
  uint64_t at = 0;
  uint32_t length = 0, progress = 0;  // elements
  // or the host's.
  HostBuffer* host = nullptr;
  // Its event:
  CopyResult result = CopyResult::kCompleted;
  bool reclaim = false;  // elements were copied, and more could be, until the event is taken

  uint32_t remaining() const { return length - progress; }
  // Of the event that was taken.
  Event finish_copy();
};

// Whether the bytes of an element in memory are its value on either side, whatever they are: numbers, and records of
// them without gaps.
bool plain_element(const Types& types, TypeUse element);

// Begins the copy that the end describes. Its event is set if it is over, or part of it.
Result<void> begin_copy(Scheduler& scheduler, CopyEnd& end);
// Ends a copy that was begun and has no event: it has one then.
void cancel_copy(Scheduler& scheduler, CopyEnd& end);
// One end is gone, which does not copy. The other one learns it.
void drop_end(Scheduler& scheduler, SharedStream& shared);

// Passing of a readable end from one instance to another (CanonicalABI.md, lift_async_value and lower_stream). `type`
// is in the Types of the instance.
Result<std::shared_ptr<SharedStream>> lift_stream(InstanceState& from, const Types& types, uint32_t index, TypeUse type,
                                                  bool is_future);
Result<uint32_t> lower_stream(InstanceState& to, std::shared_ptr<SharedStream> shared, TypeUse type);

struct ErrorContextObject : HandleObject {
  explicit ErrorContextObject(std::string text) : HandleObject(HandleKind::kErrorContext), message(std::move(text)) {}
  static constexpr std::string_view kNoun = "error context";
  static bool is(HandleKind kind) { return kind == HandleKind::kErrorContext; }
  const std::string message;
};

}  // namespace ermine::component
