// StreamEnd: an end of a stream or future that the host has, below the types of its elements (component/stream.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "ermine/component/detail/cursor.h"
#include "ermine/result.h"

namespace ermine::component {

class HostEnd;

// How a copy has ended.
enum class CopyResult : uint8_t {
  kCompleted,  // elements were copied, perhaps fewer than wanted
  kDropped,  // the other end is gone; some may have been copied before
  kCancelled,
};

namespace detail {

// Elements that the host reads from, or writes to, the other end.
struct StreamCopy {
  // At most this many elements, less than 2^28. 0: none, it ends when the other end has begun a copy.
  uint32_t length = 0;
  // Null if the stream has no elements. The same shape means the same C++ type.
  const TypeShape* element = nullptr;
  bool is_dynamic = false;  // the elements are Values, of any type
  // Once it waits for a guest, it serves one buffer after the other: after a transfer that has moved something, the
  // copy does not end. `length` is for each buffer, and done() is not told what was moved for those before.
  bool stays = false;
  // Called when both ends are ready, with the buffer of a guest: from `at`, which is aligned, `count` elements are read
  // or written in its memory. `moved` of them were. If that is 0, the copy ends, and the guest continues to wait.
  // False after an error, which the cursor keeps. Must not use the stream.
  std::function<bool(Cursor& cursor, uint64_t at, uint32_t count, uint32_t& moved)> transfer;
  // If the other end is the host's as well: pair() of the type moves elements from one copy to the other, by a
  // std::vector, which the writer's exchange() appends to, and the reader's takes all from. They return how many.
  uint32_t (*pair)(const StreamCopy& writer, const StreamCopy& reader, uint32_t count) = nullptr;
  std::function<uint32_t(void* elements, uint32_t count)> exchange;
  // Called once, as the last thing, unless the store ends before: how the copy ended and how many elements it has
  // moved. May begin the next one, which is begun after it has returned: errors of that are kCancelled to its done().
  std::function<void(CopyResult result, uint32_t moved)> done;
};

// Copies are one end; when the last is destroyed, the end is dropped. An end that is passed to a component is empty
// afterwards. Used on the store's thread; may be destroyed on any, and after the store.
class StreamEnd {
 public:
  StreamEnd() = default;
  struct Pair;
  // A new stream or future. It has the type of the function that its reader is first passed to.
  static Pair create(runtime::Store* store, bool is_future);

  explicit operator bool() const { return end_ != nullptr; }
  // Reads or writes, whichever the end does. kUsage if a copy is in progress, the stream or future is over, or the end
  // was passed on; the error of the guest whose buffer could not be used, which ends that guest.
  Result<void> begin(StreamCopy copy) const;
  // Ends the copy in progress, if there is one: its done() is called.
  void cancel() const;
  // Drops the end now, for all copies.
  void close() const;
  bool copying() const;
  // How many elements the other end waits to copy now.
  uint32_t waiting() const;
  // Whether the other end was dropped, or the value of a future has been copied: nothing more can be copied.
  bool is_over() const;
  // Called once, when the other end is dropped; or this one is. It must not use the stream.
  void on_drop(std::function<void()> dropped) const;

  explicit StreamEnd(std::shared_ptr<HostEnd> end) : end_(std::move(end)) {}
  const std::shared_ptr<HostEnd>& impl() const { return end_; }

 private:
  std::shared_ptr<HostEnd> end_;
};

struct StreamEnd::Pair {
  StreamEnd writer, reader;
};

}  // namespace detail

}  // namespace ermine::component
