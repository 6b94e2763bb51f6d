// Streams and futures between C++ and components: StreamReader<T> is WIT's stream<T>, FutureReader<T> its future<T>; a
// type that only the host has, StreamWriter<T> or FutureWriter<T>, is the other end.
//
//   auto input = component::make_stream<uint8_t>(store);
//   ERMINE_ASSIGN(auto call, compress.call_async(std::move(input.reader)));   // async func(data: stream<u8>) -> …
//   ERMINE_TRY(input.writer.write(std::move(bytes), [w = input.writer](component::CopyResult, size_t) mutable {
//     w.close();
//   }));
//
// A component and the host copy when both are ready: each operation begins here, and calls a function on the store's
// thread when it is over: within the operation, or when the component reads or writes, while the event loop
// (component/event_loop.h) runs it. The function may begin operations of streams; what calls the component belongs into
// LoopHandle::post(), because it cannot be entered while it runs. An operation of the host that waits keeps nothing
// busy. What a component has not read yet has not been taken from the host's vector, and what
// the host has not read waits in the component: that is the backpressure.
//
// T: a type of component/func.h that owns its parts; void for a stream<> without elements; component::Value for one
// whose type is known only at run time.
//
// Ends are handles: copies are one end, and when the last is destroyed, it is closed and its operation cancelled, soon
// after, by the event loop.
// Passed to a component (as an argument, result, field of a record or element of a list), the end is empty afterwards.
// They are used on the thread of their store, but may be destroyed on any thread, and after the store. An operation
// that waits when the store is destroyed does not call its function. An operation that is begun by the function of the
// last one of the same end begins when that has returned: its errors are then CopyResult::kCancelled.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ermine/component/detail/stream_copy.h"
#include "ermine/component/detail/values.h"
#include "ermine/result.h"
#include "ermine/store.h"

namespace ermine::component {

// What all ends have.
template <class T>
class StreamHandle {
 public:
  explicit operator bool() const { return static_cast<bool>(end_); }
  // Ends the operation in progress, whose function is called with CopyResult::kCancelled.
  void cancel() const { end_.cancel(); }
  // How many elements the component at the other end waits to read or write now.
  size_t waiting() const { return end_.waiting(); }
  // Whether nothing more can be copied: the other end is closed, or the value of a future was copied.
  bool is_over() const { return end_.is_over(); }
  // Closes the end, for all copies of the handle; an operation in progress is cancelled. A future must be written
  // before.
  void close() { std::exchange(end_, {}).close(); }

  // For the library's own code.
  explicit StreamHandle(detail::StreamEnd end) : end_(std::move(end)) {}
  const detail::StreamEnd& end() const { return end_; }

 protected:
  StreamHandle() = default;
  Result<void> when_ready(std::function<void(CopyResult)> done) const {
    return end_.begin(detail::ready_copy<T>(std::move(done)));
  }
  detail::StreamEnd end_;
};

// The end of a stream that is read.
template <class T = void>
class StreamReader : public StreamHandle<T> {
 public:
  StreamReader() = default;
  using StreamHandle<T>::StreamHandle;

  // Reads up to `most` elements: `done` gets those that have come, which are some unless the stream is over or the
  // operation was cancelled. Errors: kUsage if an operation is in progress, the stream is over (its last elements were
  // read before, and `done` had CopyResult::kDropped), or the end is empty; the error of the component at the other
  // end, if its elements are not valid: it has ended then.
  Result<void> read(size_t most, std::function<void(CopyResult, detail::Elements<T>)> done) const {
    return detail::read_some<T>(this->end_, most, std::move(done));
  }
  // The same for numbers (and types of the same form in memory), where they are in the memory of the component: `take`
  // returns how many of them it has used, of at most `most`. If that is 0, the operation ends, and the component
  // continues to wait. `take` is called at most once and must not use the store; `done` has the same number.
  Result<void> read_in_place(size_t most, std::function<size_t(std::span<const T>)> take,
                             std::function<void(CopyResult, size_t)> done) const
    requires detail::kInPlace<T>
  {
    return this->end_.begin(detail::take_copy<T>(most, std::move(take), std::move(done)));
  }
  // `done` is called when the component waits to write, without reading anything.
  Result<void> when_ready(std::function<void(CopyResult)> done) const {
    return StreamHandle<T>::when_ready(std::move(done));
  }
  // Reads until the other end is closed. `done` gets all elements; CopyResult::kCancelled if there were more than
  // `limit`, or cancel() was called.
  Result<void> read_all(size_t limit, std::function<void(CopyResult, detail::Elements<T>)> done) const {
    return detail::read_all<T>(this->end_, limit, std::move(done));
  }

  // As a dynamic value; this handle is empty afterwards. Taking it out of a Value works once: kUsage if it is no stream
  // of this type, or was passed on.
  Result<Value> into_value() && { return detail::end_to_value(this->end_, false); }
  static Result<StreamReader> from_value(StoreRef store, const Value& value) {
    ERMINE_ASSIGN(detail::StreamEnd end, detail::end_from_value(store.impl(), value, false, detail::element_shape<T>(),
                                                                std::is_same_v<T, Value>));
    return StreamReader(std::move(end));
  }
};

// The end of a stream that is written.
template <class T = void>
class StreamWriter : public StreamHandle<T> {
 public:
  StreamWriter() = default;
  using StreamHandle<T>::StreamHandle;

  // Writes the elements: `done` is called when all are written, or the other end is closed, or the operation is
  // cancelled, with how many were written. Errors are those of StreamReader::read(), and kUsage for elements that their
  // type does not have, if the component waits already; otherwise that is an error of the component when it reads.
  Result<void> write(detail::Elements<T> elements, std::function<void(CopyResult, size_t)> done) const {
    return detail::write_all<T>(this->end_, std::move(elements), std::move(done));
  }
  // The same for numbers, where they belong in the memory of the component: `fill` writes at most as many as the span
  // has, and returns how many; see StreamReader::read_in_place.
  Result<void> write_in_place(size_t most, std::function<size_t(std::span<T>)> fill,
                              std::function<void(CopyResult, size_t)> done) const
    requires detail::kInPlace<T>
  {
    return this->end_.begin(detail::fill_copy<T>(most, std::move(fill), std::move(done)));
  }
  // `done` is called when the component waits to read, without writing anything.
  Result<void> when_ready(std::function<void(CopyResult)> done) const {
    return StreamHandle<T>::when_ready(std::move(done));
  }
};

// The end of a future that is read.
template <class T = void>
class FutureReader : public StreamHandle<T> {
 public:
  FutureReader() = default;
  using StreamHandle<T>::StreamHandle;

  // `done` gets the value when it has come; nothing if the other end was closed, or the operation cancelled. Errors: as
  // for StreamReader::read.
  Result<void> read(std::function<void(std::optional<detail::NoVoid<T>>)> done) const {
    return this->end_.begin(detail::read_future<T>(std::move(done)));
  }

  Result<Value> into_value() && { return detail::end_to_value(this->end_, true); }
  static Result<FutureReader> from_value(StoreRef store, const Value& value) {
    ERMINE_ASSIGN(detail::StreamEnd end, detail::end_from_value(store.impl(), value, true, detail::element_shape<T>(),
                                                                std::is_same_v<T, Value>));
    return FutureReader(std::move(end));
  }
};

// The end of a future that is written, which must happen before it is closed.
template <class T = void>
class FutureWriter : public StreamHandle<T> {
 public:
  FutureWriter() = default;
  using StreamHandle<T>::StreamHandle;

  // `done`, which may be empty, is called when the component has read the value, or has closed its end.
  Result<void> write(detail::NoVoid<T> value, std::function<void(CopyResult)> done = {}) const {
    return this->end_.begin(detail::write_future<T>(std::move(value), std::move(done)));
  }
};

template <class T>
struct StreamPair {
  StreamWriter<T> writer;
  StreamReader<T> reader;
};
template <class T>
struct FuturePair {
  FutureWriter<T> writer;
  FutureReader<T> reader;
};
// New ones of a store, on its thread.
template <class T>
StreamPair<T> make_stream(StoreRef store) {
  detail::StreamEnd::Pair ends = detail::StreamEnd::create(store.impl(), false);
  return {StreamWriter<T>(std::move(ends.writer)), StreamReader<T>(std::move(ends.reader))};
}
template <class T>
FuturePair<T> make_future(StoreRef store) {
  detail::StreamEnd::Pair ends = detail::StreamEnd::create(store.impl(), true);
  return {FutureWriter<T>(std::move(ends.writer)), FutureReader<T>(std::move(ends.reader))};
}

// WIT's error-context: a message for people, whose text a component may change on its way. Immutable; copies are one.
class ErrorContext {
 public:
  ErrorContext() = default;  // empty: cannot be passed
  explicit ErrorContext(std::string message);
  std::string message() const;

  // For the library's own code.
  explicit ErrorContext(std::shared_ptr<const void> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<const void>& impl() const { return impl_; }

 private:
  std::shared_ptr<const void> impl_;
};

namespace detail {

template <class End, class T, ValueKind kKind>
struct EndCodec : HandleCodec<EndCodec<End, T, kKind>, End> {
  static_assert(!std::is_same_v<T, Value>, "a stream of dynamic values is passed as a component::Value");
  static constexpr bool owns = true;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(kKind, element_shape<T>());
    return made;
  }
  static bool take(Cursor& c, const End& v, uint32_t& index) { return c.lower_stream(v.end(), &shape(), index); }
  static bool give(Cursor& c, uint32_t index, End& v) {
    StreamEnd end;
    if (!c.lift_stream(index, &shape(), end)) return false;
    return v = End(std::move(end)), true;
  }
};
template <class T>
struct Codec<StreamReader<T>> : EndCodec<StreamReader<T>, T, ValueKind::kStream> {};
template <class T>
struct Codec<FutureReader<T>> : EndCodec<FutureReader<T>, T, ValueKind::kFuture> {};

template <>
struct Codec<ErrorContext> : HandleCodec<Codec<ErrorContext>, ErrorContext> {
  static constexpr TypeShape kShape{.kind = ValueKind::kErrorContext};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static bool take(Cursor& c, const ErrorContext& v, uint32_t& index) { return c.lower_error_context(v.impl(), index); }
  static bool give(Cursor& c, uint32_t index, ErrorContext& v) {
    std::shared_ptr<const void> context;
    if (!c.lift_error_context(index, context)) return false;
    return v = ErrorContext(std::move(context)), true;
  }
};

}  // namespace detail

}  // namespace ermine::component
