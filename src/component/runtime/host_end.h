// HostEnd: an end of a stream or future that the host holds.
//
// Belongs to the store's thread, except that it may be destroyed on any, and after the store: it is dropped by the
// event loop.
#pragma once

#include <memory>
#include <optional>

#include "component/runtime/scheduler.h"
#include "component/runtime/streams.h"

namespace ermine::component {

class HostEnd {
 public:
  // About how many bytes of the host's memory one takes.
  static constexpr uint64_t kBytes = 512;
  ~HostEnd();
  HostEnd(const HostEnd&) = delete;
  HostEnd& operator=(const HostEnd&) = delete;

  // A new stream or future. It has the type of the function that its reader is first passed to.
  struct Ends {
    std::shared_ptr<HostEnd> writer, reader;
  };
  static Ends create_ends(Scheduler& scheduler, bool is_future);
  // The same, with the reader as a Value, for an argument or result.
  struct Pair {
    std::shared_ptr<HostEnd> writer;
    Value reader;
  };
  static Pair create(Scheduler& scheduler, bool is_future);
  // The readable end that a component has passed. kUsage if it was taken before, or is none.
  static Result<std::shared_ptr<HostEnd>> take(Scheduler& scheduler, const Value& value);
  // One that was lifted from an instance, where it had this type.
  static std::shared_ptr<HostEnd> adopt(ComponentInstance& root, uint32_t instance, TypeUse type,
                                        std::shared_ptr<SharedStream> shared);

  // Begin a copy of the buffer's elements, which stays valid until buffer.done was called: at once, if the other end
  // waits already, and with as many elements as could be copied. kUsage if one is in progress, or the stream is over. A
  // future has one element, which the host must write: components do not expect that a future is dropped before.
  Result<void> read(HostBuffer& buffer);
  Result<void> write(HostBuffer& buffer);
  // The same for the public API.
  Result<void> begin(detail::StreamCopy&& copy);
  // Ends the copy in progress; buffer.done is called.
  void cancel();
  // Drops the end now.
  void close();

  bool is_future() const { return is_future_; }
  bool is_reader() const { return is_reader_; }
  bool copying() const;
  uint32_t waiting() const;
  bool is_over() const;
  void on_drop(std::function<void()> dropped) const;
  // The readable end as one of an instance, where it has this type; nothing is left here.
  Result<uint32_t> pass_on(ComponentInstance& root, uint32_t instance, TypeUse type);
  Result<Value> into_value();
  // kUsage unless the elements of the stream or future that the value is fit the shape.
  static Result<void> check_element(const Value& value, const detail::TypeShape* element);
  Scheduler* scheduler() const;  // null: the store is gone

 private:
  struct Body;
  struct Made;
  explicit HostEnd(std::shared_ptr<Body> body);
  static std::shared_ptr<HostEnd> make(Scheduler& scheduler, HandleKind kind, std::shared_ptr<SharedStream> shared);
  Result<void> check_idle(bool reads) const;
  static Result<void> copy(const std::shared_ptr<Body>& body, HostBuffer& buffer);
  Result<std::shared_ptr<Body>> release();

  std::shared_ptr<Body> body_;  // null: it was passed on
  bool is_future_ = false, is_reader_ = false;
};

}  // namespace ermine::component
