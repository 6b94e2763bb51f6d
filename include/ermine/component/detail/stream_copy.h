// Makes the StreamCopy of each operation of component/stream.h, for elements of one C++ type.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "ermine/component/detail/stream_end.h"
#include "ermine/component/detail/values.h"

namespace ermine::component::detail {

// The elements of a copy: for void, which has none, how many.
struct NoElement {};
template <class T>
using Elements = std::conditional_t<std::is_void_v<T>, std::vector<NoElement>, std::vector<NoVoid<T>>>;
template <class T>
using ElementOf = typename Elements<T>::value_type;

template <class T>
const TypeShape* element_shape() {
  if constexpr (std::is_void_v<T> || std::is_same_v<T, Value>) return nullptr;
  else return &Codec<T>::shape();
}
// Elements that are the same bytes in the component's memory.
template <class T>
inline constexpr bool kInPlace = [] {
  if constexpr (std::is_void_v<T> || std::is_same_v<T, Value> || std::is_same_v<T, bool>) return false;
  else return Codec<T>::bits;
}();

inline constexpr uint32_t kMostElements = (1u << 28) - 1;
inline uint32_t copy_length(size_t most) { return static_cast<uint32_t>(std::min<size_t>(most, kMostElements)); }

template <class T>
uint32_t pair_copies(const StreamCopy& writer, const StreamCopy& reader, uint32_t count) {
  Elements<T> elements;
  const uint32_t moved = writer.exchange ? writer.exchange(&elements, count) : 0;
  if (moved == 0) return 0;
  // More than `count` is an error.
  return reader.exchange && reader.exchange(&elements, moved) == moved ? moved : count + 1;
}
template <class T>
StreamCopy new_copy(size_t most) {
  StreamCopy copy;
  copy.length = copy_length(most);
  copy.element = element_shape<T>();
  copy.is_dynamic = std::is_same_v<T, Value>;
  copy.pair = &pair_copies<T>;
  return copy;
}

template <class T>
StreamCopy ready_copy(std::function<void(CopyResult)> done) {
  StreamCopy copy = new_copy<T>(0);
  copy.done = [done = std::move(done)](CopyResult result, uint32_t) { done(result); };
  return copy;
}

// ---- Reading

// Appends `count` elements from `at` on.
template <class T>
bool load_elements(Cursor& c, uint64_t at, uint32_t count, Elements<T>& out) {
  if constexpr (std::is_void_v<T>) {
    out.resize(out.size() + count);
    return true;
  } else if constexpr (std::is_same_v<T, Value>) {
    return c.load_values(at, count, out);
  } else {
    using C = Codec<T>;
    const uint8_t* p = nullptr;
    const uint32_t size = C::size.of(c);
    if (!c.load_list(at, count, size, C::alignment.of(c), sizeof(T), p)) return false;
    if constexpr (C::bits) {
      if (C::same_image()) {
        const T* first = reinterpret_cast<const T*>(p);
        out.insert(out.end(), first, first + count);
        return true;
      }
    }
    out.reserve(out.size() + count);
    for (uint32_t i = 0; i < count; ++i, p += size) {
      T value{};
      if (!C::load(c, p, value)) return false;
      out.push_back(std::move(value));
    }
    return true;
  }
}

// A copy that appends to `out`.
template <class T>
StreamCopy append_copy(size_t most, const std::shared_ptr<Elements<T>>& out) {
  StreamCopy copy = new_copy<T>(most);
  copy.transfer = [out](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
    moved = count;
    return load_elements<T>(c, at, count, *out);
  };
  copy.exchange = [out](void* from, uint32_t count) {
    auto& elements = *static_cast<Elements<T>*>(from);
    std::move(elements.begin(), elements.end(), std::back_inserter(*out));
    return count;
  };
  return copy;
}

// A copy with another end of the host may be over without an element, because that end has nothing yet.
template <class T>
struct ReadSome : std::enable_shared_from_this<ReadSome<T>> {
  StreamEnd end;
  size_t most;
  std::shared_ptr<Elements<T>> elements = std::make_shared<Elements<T>>();
  std::function<void(CopyResult, Elements<T>)> done;

  Result<void> next() {
    StreamCopy copy = append_copy<T>(most, elements);
    copy.done = [self = this->shared_from_this()](CopyResult result, uint32_t) {
      const bool none = result == CopyResult::kCompleted && self->most > 0 && self->elements->empty();
      if (none && self->next()) return;
      // An error has ended the component at the other end.
      self->done(none ? CopyResult::kDropped : result, std::move(*self->elements));
    };
    return end.begin(std::move(copy));
  }
};
template <class T>
Result<void> read_some(const StreamEnd& end, size_t most, std::function<void(CopyResult, Elements<T>)> done) {
  auto some = std::make_shared<ReadSome<T>>();
  some->end = end;
  some->most = most;
  some->done = std::move(done);
  return some->next();
}

template <class T>
struct ReadAll : std::enable_shared_from_this<ReadAll<T>> {
  StreamEnd end;
  size_t limit;
  std::shared_ptr<Elements<T>> elements = std::make_shared<Elements<T>>();
  std::function<void(CopyResult, Elements<T>)> done;

  Result<void> next() {
    // One more than the limit, to see whether there are more.
    StreamCopy copy = append_copy<T>(limit - elements->size() + (limit < kMostElements ? 1 : 0), elements);
    copy.done = [self = this->shared_from_this()](CopyResult result, uint32_t) {
      if (self->elements->size() > self->limit) result = CopyResult::kCancelled;
      // An error has ended the component at the other end.
      if (result == CopyResult::kCompleted && self->next()) return;
      self->done(result == CopyResult::kCompleted ? CopyResult::kDropped : result, std::move(*self->elements));
    };
    return end.begin(std::move(copy));
  }
};
template <class T>
Result<void> read_all(const StreamEnd& end, size_t limit, std::function<void(CopyResult, Elements<T>)> done) {
  auto all = std::make_shared<ReadAll<T>>();
  all->end = end;
  all->limit = limit;
  all->done = std::move(done);
  return all->next();
}

template <class T>
StreamCopy take_copy(size_t most, std::function<size_t(std::span<const T>)> take,
                     std::function<void(CopyResult, size_t)> done) {
  StreamCopy copy = new_copy<T>(most);
  auto shared = std::make_shared<std::function<size_t(std::span<const T>)>>(std::move(take));
  copy.transfer = [shared](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
    moved = copy_length((*shared)(std::span<const T>(reinterpret_cast<const T*>(c.memory + at), count)));
    return true;
  };
  copy.exchange = [shared](void* from, uint32_t count) {
    const auto& elements = *static_cast<std::vector<T>*>(from);
    return copy_length((*shared)(std::span<const T>(elements.data(), count)));
  };
  copy.done = [done = std::move(done)](CopyResult result, uint32_t moved) { done(result, moved); };
  return copy;
}

// ---- Writing

template <class T>
struct Written {
  Elements<T> elements;
  size_t next = 0;  // the first that was not written
};
template <class T>
bool store_elements(Cursor& c, uint64_t at, uint32_t count, Written<T>& from) {
  const auto first = from.elements.begin() + static_cast<ptrdiff_t>(from.next);
  from.next += count;
  if constexpr (std::is_void_v<T>) {
    return true;
  } else if constexpr (std::is_same_v<T, Value>) {
    return c.store_values(at, std::span<const Value>(&*first, count));
  } else {
    using C = Codec<T>;
    if constexpr (C::bits) {
      if (C::same_image()) {
        std::memcpy(c.memory + at, &*first, size_t{count} * C::size.of(c));
        return true;
      }
    }
    for (uint32_t i = 0; i < count; ++i, at += C::size.of(c))
      if (!C::store(c, at, first[static_cast<ptrdiff_t>(i)])) return false;
    return true;
  }
}

template <class T>
StreamCopy write_copy(const std::shared_ptr<Written<T>>& from) {
  StreamCopy copy = new_copy<T>(from->elements.size() - from->next);
  copy.transfer = [from](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
    moved = count;
    return store_elements<T>(c, at, count, *from);
  };
  copy.exchange = [from](void* to, uint32_t count) {
    auto& elements = *static_cast<Elements<T>*>(to);
    const auto first = from->elements.begin() + static_cast<ptrdiff_t>(from->next);
    std::move(first, first + count, std::back_inserter(elements));
    from->next += count;
    return count;
  };
  return copy;
}

template <class T>
struct WriteAll : std::enable_shared_from_this<WriteAll<T>> {
  StreamEnd end;
  std::shared_ptr<Written<T>> from = std::make_shared<Written<T>>();
  std::function<void(CopyResult, size_t)> done;

  Result<void> next() {
    StreamCopy copy = write_copy<T>(from);
    copy.done = [self = this->shared_from_this()](CopyResult result, uint32_t) {
      const bool all = self->from->next == self->from->elements.size();
      if (result == CopyResult::kCompleted && !all) {
        if (self->next()) return;
        result = CopyResult::kDropped;  // the error has ended the component at the other end
      }
      if (self->done) self->done(result, self->from->next);
    };
    return end.begin(std::move(copy));
  }
};
template <class T>
Result<void> write_all(const StreamEnd& end, Elements<T> elements, std::function<void(CopyResult, size_t)> done) {
  auto all = std::make_shared<WriteAll<T>>();
  all->end = end;
  all->from->elements = std::move(elements);
  all->done = std::move(done);
  return all->next();
}

template <class T>
StreamCopy fill_copy(size_t most, std::function<size_t(std::span<T>)> fill,
                     std::function<void(CopyResult, size_t)> done) {
  StreamCopy copy = new_copy<T>(most);
  auto shared = std::make_shared<std::function<size_t(std::span<T>)>>(std::move(fill));
  copy.transfer = [shared](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
    moved = copy_length((*shared)(std::span<T>(reinterpret_cast<T*>(c.memory + at), count)));
    return true;
  };
  copy.exchange = [shared](void* to, uint32_t count) {
    auto& elements = *static_cast<std::vector<T>*>(to);
    elements.resize(count);
    elements.resize(std::min<size_t>((*shared)(std::span<T>(elements)), count));
    return static_cast<uint32_t>(elements.size());
  };
  copy.done = [done = std::move(done)](CopyResult result, uint32_t moved) { done(result, moved); };
  return copy;
}

// ---- Futures

template <class T>
StreamCopy read_future(std::function<void(std::optional<NoVoid<T>>)> done) {
  auto elements = std::make_shared<Elements<T>>();
  StreamCopy copy = append_copy<T>(1, elements);
  copy.done = [elements, done = std::move(done)](CopyResult, uint32_t) {
    if (elements->empty()) return done(std::nullopt);
    if constexpr (std::is_void_v<T>) done(std::monostate());
    else done(std::move(elements->front()));
  };
  return copy;
}
template <class T>
StreamCopy write_future(NoVoid<T> value, std::function<void(CopyResult)> done) {
  auto from = std::make_shared<Written<T>>();
  if constexpr (std::is_void_v<T>) from->elements.resize(1);
  else from->elements.push_back(std::move(value));
  StreamCopy copy = write_copy<T>(from);
  copy.done = [done = std::move(done)](CopyResult result, uint32_t) {
    if (done) done(result);
  };
  return copy;
}

// ---- Dynamic values

Result<Value> end_to_value(StreamEnd& end, bool is_future);
Result<StreamEnd> end_from_value(runtime::Store* store, const Value& value, bool is_future, const TypeShape* element,
                                 bool is_dynamic);

}  // namespace ermine::component::detail
