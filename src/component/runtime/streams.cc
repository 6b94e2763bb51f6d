#include "component/runtime/streams.h"

#include <algorithm>
#include <cstring>

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/host_side.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/values.h"

namespace ermine::component {

namespace {

// Elements that are copied as Values at a time: they bound the memory that a copy takes.
constexpr uint32_t kChunk = 1024;

bool is_number(const Types& types, TypeUse element) {
  if (element.is_none()) return true;
  if (element.is_index()) {
    const DefinedType& type = types.defined[element.index()];
    return type.kind == TypeKind::Primitive && is_number(types, TypeUse(type.primitive));
  }
  switch (element.primitive()) {
    case Primitive::S8:
    case Primitive::U8:
    case Primitive::S16:
    case Primitive::U16:
    case Primitive::S32:
    case Primitive::U32:
    case Primitive::S64:
    case Primitive::U64:
    case Primitive::F32:
    case Primitive::F64: return true;
    default: return false;
  }
}

// The element type of an end of a guest.
TypeUse element_of(const CopyEnd& end) { return end.root->types().defined[end.type.index()].first; }

Layout layout_of(const CopyEnd& end) { return end.root->types().layout(element_of(end), end.options->address); }

// Where the next element is in the guest's memory. The range was checked when the copy began; a memory does not shrink.
uint8_t* address_of(const CopyEnd& end, uint32_t size) {
  return end.root->memory(*end.options->memory)->base() + end.at + uint64_t{end.progress} * size;
}

// The other side is the host's, of the public API. Returns how many elements it moved.
Result<uint32_t> copy_typed(CopyEnd& guest, TypedBuffer& host, uint32_t n) {
  ComponentInstance& root = *guest.root;
  const TypeUse element = element_of(guest);
  if (root.scheduler().has_trapped(root.state(guest.instance)))
    return Error(ErrorKind::kUsage, "the other end of a stream or future belongs to an instance that has trapped");
  if (!host.copy.is_dynamic && (host.root != &root || host.instance != guest.instance || host.element != element)) {
    ERMINE_ASSIGN(host.types, check_element_types(root, guest.instance, element, host.copy.element));
    host.root = &root;
    host.instance = guest.instance;
    host.element = element;
  }
  const SideParts parts(root, *guest.options);
  HostSide side(root, guest.instance, parts, host.types, "a stream or future");
  side.set_element(element, *guest.options);
  const uint64_t size = element.is_none() ? 0 : layout_of(guest).size;
  uint32_t moved = 0;
  if (!host.copy.transfer(side, guest.at + guest.progress * size, n, moved)) return std::move(side.error());
  if (moved > n) return Error(ErrorKind::kUsage, base::format("a copy of a stream moved {} elements of {}", moved, n));
  // With the parts of the elements that are elsewhere in memory.
  root.scheduler().charge(std::max(moved * size, side.lifted) + side.stored);
  return moved;
}

// The other side is the host's.
Result<void> copy_with_host(CopyEnd& guest, HostBuffer& host, uint32_t n, bool to_host) {
  const TypeUse element = element_of(guest);
  if (element.is_none()) return {};
  const uint32_t size = layout_of(guest).size;
  guest.root->scheduler().charge(uint64_t{n} * size);
  if (plain_element(guest.root->types(), element)) {
    if (host.bytes.size() < uint64_t{host.length} * size)
      return Error(ErrorKind::kUsage, base::format("a buffer of the host has {} bytes for {} elements of {}",
                                                   host.bytes.size(), host.length, size));
    const std::span<uint8_t> bytes = host.bytes.subspan(uint64_t{host.progress} * size, uint64_t{n} * size);
    if (to_host) std::memcpy(bytes.data(), address_of(guest, size), bytes.size());
    else std::memcpy(address_of(guest, size), bytes.data(), bytes.size());
    return {};
  }
  if (guest.root->scheduler().has_trapped(guest.root->state(guest.instance)))
    return Error(ErrorKind::kUsage, "the other end of a stream or future belongs to an instance that has trapped");
  if (!to_host && host.values.size() < host.length)
    return Error(ErrorKind::kUsage,
                 base::format("a buffer of the host has {} values for {} elements", host.values.size(), host.length));
  ValueAccess access(*guest.root, guest.instance, *guest.options);
  const uint64_t at = guest.at + uint64_t{guest.progress} * size;
  if (to_host) {
    ERMINE_ASSIGN(std::vector<Value> values, access.load_range(element, at, n));
    for (Value& value : values) host.values.push_back(std::move(value));
    return {};
  }
  const std::span<const Value> values = std::span(host.values).subspan(host.progress, n);
  for (const Value& value : values)
    if (auto fits = access.check(element, value); !fits)
      return std::move(fits.error()).with_context("an element that the host writes");
  return access.store_range(element, values, at);
}

Result<void> copy_between_guests(Scheduler& scheduler, CopyEnd& writer, CopyEnd& reader, uint32_t n) {
  const TypeUse element = element_of(writer);
  if (element.is_none()) return {};
  const uint32_t from_size = layout_of(writer).size, to_size = layout_of(reader).size;
  if (plain_element(writer.root->types(), element)) {
    const uint64_t bytes = uint64_t{n} * from_size;
    std::memmove(address_of(reader, to_size), address_of(writer, from_size), bytes);
    scheduler.charge(bytes);
    return {};
  }
  if (scheduler.has_trapped(reader.root->state(reader.instance)) ||
      scheduler.has_trapped(writer.root->state(writer.instance)))
    return component_trap("the other end of a stream or future belongs to an instance that has trapped");
  for (uint32_t done = 0; done < n;) {
    const uint32_t count = std::min(kChunk, n - done);
    ERMINE_TRY(scheduler.spend(count));
    ERMINE_ASSIGN(const std::vector<Value> values,
                  ValueAccess(*writer.root, writer.instance, *writer.options)
                      .load_range(element, writer.at + uint64_t{writer.progress + done} * from_size, count));
    ERMINE_TRY(ValueAccess(*reader.root, reader.instance, *reader.options)
                   .store_range(element_of(reader), values, reader.at + uint64_t{reader.progress + done} * to_size));
    done += count;
  }
  return {};
}

Result<uint32_t> copy_between_typed(TypedBuffer& from, TypedBuffer& to, uint32_t n) {
  if (from.copy.element != to.copy.element || from.copy.is_dynamic != to.copy.is_dynamic)
    return Error(ErrorKind::kUsage, "the two ends of a stream of the host have elements of different types");
  const uint32_t moved = from.copy.pair(from.copy, to.copy, n);
  if (moved > n)
    return Error(ErrorKind::kUsage, "the reader of a stream of the host did not take all elements that were written");
  return moved;
}

Result<void> copy_between_hosts(HostBuffer& from, HostBuffer& to, uint32_t n) {
  if (from.typed || to.typed)
    return Error(ErrorKind::kUsage, "one end of a stream of the host has typed elements, the other dynamic ones");
  if (!from.bytes.empty()) {
    const uint64_t size = from.bytes.size() / from.length;
    if (to.bytes.size() / to.length != size)
      return Error(ErrorKind::kUsage, "the two ends of a stream of the host have elements of different sizes");
    std::memcpy(to.bytes.data() + to.progress * size, from.bytes.data() + from.progress * size, n * size);
    return {};
  }
  for (uint32_t i = 0; i < n && from.progress + i < from.values.size(); ++i)
    to.values.push_back(from.values[from.progress + i].clone());
  return {};
}

// Copies up to n elements, and returns how many: fewer only if one end is of the public API.
Result<uint32_t> copy(Scheduler& scheduler, CopyEnd& a, CopyEnd& b, uint32_t n) {
  CopyEnd &writer = a.is_reader() ? b : a, &reader = a.is_reader() ? a : b;
  TypedBuffer* from = writer.host ? writer.host->typed : nullptr;
  TypedBuffer* to = reader.host ? reader.host->typed : nullptr;
  if (from && to) {
    ERMINE_ASSIGN(n, copy_between_typed(*from, *to, n));
  } else if (from && !reader.host) {
    ERMINE_ASSIGN(n, copy_typed(reader, *from, n));
  } else if (to && !writer.host) {
    ERMINE_ASSIGN(n, copy_typed(writer, *to, n));
  } else if (writer.host && reader.host) ERMINE_TRY(copy_between_hosts(*writer.host, *reader.host, n));
  else if (writer.host) ERMINE_TRY(copy_with_host(reader, *writer.host, n, false));
  else if (reader.host) ERMINE_TRY(copy_with_host(writer, *reader.host, n, true));
  else ERMINE_TRY(copy_between_guests(scheduler, writer, reader, n));
  for (CopyEnd* end : {&writer, &reader}) {
    end->progress += n;
    if (end->host) end->host->progress += n;
  }
  return n;
}

// The copy of the end is over.
void finish(Scheduler& scheduler, CopyEnd& end, CopyResult result) {
  end.result = result;
  end.reclaim = false;
  if (!end.host) return end.set_event(scheduler);
  (void)end.finish_copy();
  HostBuffer& buffer = *std::exchange(end.host, nullptr);
  const std::function<void(CopyResult)> done = std::move(buffer.done);
  if (done) done(result);
}

// The pending end is over with its copy, and this one waits. (What finishes may begin its next copy.)
void take_turn(Scheduler& scheduler, SharedStream& shared, CopyEnd& end) {
  CopyEnd& waited = *std::exchange(shared.pending, &end);
  finish(scheduler, waited, CopyResult::kCompleted);
}

void finish_pending(Scheduler& scheduler, SharedStream& shared, CopyResult result) {
  CopyEnd& pending = *std::exchange(shared.pending, nullptr);
  finish(scheduler, pending, result);
}

}  // namespace

bool plain_element(const Types& types, TypeUse element) {
  if (is_number(types, element)) return !element.is_none();
  if (!element.is_index()) return false;
  const DefinedType& type = types.defined[element.index()];
  switch (type.kind) {
    case TypeKind::Record:
    case TypeKind::Tuple: {
      uint64_t size = 0;
      for (const Field& field : type.fields) {
        if (!plain_element(types, field.type)) return false;
        size += types.layout(field.type, AddressType::k32).size;
      }
      return size == type.layout[0].size;
    }
    case TypeKind::FixedList: return plain_element(types, type.first);
    default: return false;
  }
}

// A guest that begins a copy with the host traps if that fails, and its end will not be used any more.
Result<uint32_t> copy_or_drop(Scheduler& scheduler, CopyEnd& end, CopyEnd& other, uint32_t n) {
  Result<uint32_t> moved = copy(scheduler, end, other, n);
  if (!moved && other.host && !end.host) drop_end(scheduler, *end.shared);
  return moved;
}

Event CopyEnd::finish_copy() {
  if (reclaim && shared->pending == this) shared->pending = nullptr;
  reclaim = false;
  // What was copied before the request to cancel is reported together with its result.
  if (state == State::kCancelling && result == CopyResult::kCompleted && !is_future()) result = CopyResult::kCancelled;
  saw_dropped = result == CopyResult::kDropped;
  const bool done = saw_dropped || (is_future() && result == CopyResult::kCompleted);
  state = done ? State::kDone : State::kIdle;
  const auto code = static_cast<EventCode>(static_cast<unsigned>(EventCode::kStreamRead) + static_cast<unsigned>(kind) -
                                           static_cast<unsigned>(HandleKind::kStreamReader));
  return {code, index, static_cast<uint32_t>(result) | (is_future() ? 0 : progress << 4)};
}

Result<void> begin_copy(Scheduler& scheduler, CopyEnd& end) {
  SharedStream& shared = *end.shared;
  end.state = CopyEnd::State::kCopying;
  end.progress = 0;
  if (shared.dropped) {
    finish(scheduler, end, CopyResult::kDropped);
    return {};
  }
  if (!shared.pending) {
    shared.pending = &end;
    return {};
  }
  CopyEnd& other = *shared.pending;
  if (!end.host && !other.host && end.root == other.root && end.instance == other.instance &&
      !is_number(end.root->types(), element_of(end)))
    return component_trap(
        base::format("cannot read from and write to intra-component {:t} whose elements are not numbers",
                     shared.is_future ? "future" : "stream"));
  if (shared.is_future) {
    ERMINE_ASSIGN(const uint32_t moved, copy_or_drop(scheduler, end, other, 1));
    if (moved == 0) return Error(ErrorKind::kUsage, "a copy of a future moved nothing");
    finish_pending(scheduler, shared, CopyResult::kCompleted);
    finish(scheduler, end, CopyResult::kCompleted);
    return {};
  }
  if (other.remaining() > 0) {
    if (end.remaining() > 0) {
      ERMINE_ASSIGN(const uint32_t moved,
                    copy_or_drop(scheduler, end, other, std::min(end.remaining(), other.remaining())));
      if (moved == 0) {
        // The host wants nothing at present. Of two ends of the host, either may wait for something.
        if (end.host && other.host) finish_pending(scheduler, shared, CopyResult::kCompleted);
        if (end.host) finish(scheduler, end, CopyResult::kCompleted);
        else take_turn(scheduler, shared, end);
        return {};
      }
      if (other.host && !end.host && other.host->typed && other.host->typed->copy.stays) {
        other.progress = other.host->progress = 0;
      } else if (other.host) {
        finish_pending(scheduler, shared, CopyResult::kCompleted);
      } else {
        other.result = CopyResult::kCompleted;
        other.reclaim = true;
        other.set_event(scheduler);
      }
    }
    finish(scheduler, end, CopyResult::kCompleted);
  } else if (!end.is_reader() && end.length == 0 && other.length == 0) {
    finish(scheduler, end, CopyResult::kCompleted);
  } else {
    take_turn(scheduler, shared, end);
  }
  return {};
}

void cancel_copy(Scheduler& scheduler, CopyEnd& end) {
  if (end.shared->pending == &end) finish_pending(scheduler, *end.shared, CopyResult::kCancelled);
}

void drop_end(Scheduler& scheduler, SharedStream& shared) {
  if (std::exchange(shared.dropped, true)) return;
  if (shared.pending) finish_pending(scheduler, shared, CopyResult::kDropped);
  if (const std::function<void()> dropped = std::exchange(shared.on_drop, nullptr)) dropped();
}

Result<std::shared_ptr<SharedStream>> lift_stream(InstanceState& from, const Types& types, uint32_t index, TypeUse type,
                                                  bool is_future) {
  ERMINE_ASSIGN(const std::shared_ptr<CopyEnd> end, from.handles.get<CopyEnd>(index));
  const std::string_view what = is_future ? "future" : "stream";
  if (end->kind != (is_future ? HandleKind::kFutureReader : HandleKind::kStreamReader) ||
      types.canonical(end->type) != types.canonical(type))
    return from.handles.wrong_kind(
        index, is_future ? "readable end of a future of the type" : "readable end of a stream of the type");
  if (end->state == CopyEnd::State::kDone)
    return component_trap(
        base::format("cannot lift {:t} after {:t}", what,
                     end->is_future() ? "previous read succeeded" : "being notified that the writable end dropped"));
  if (end->state != CopyEnd::State::kIdle) return component_trap(base::format("cannot lift busy {:t}", what));
  if (end->set) return component_trap(base::format("cannot lift {:t} while it's in a waitable set", what));
  from.handles.remove(index);
  return end->shared;
}

Result<uint32_t> lower_stream(InstanceState& to, std::shared_ptr<SharedStream> shared, TypeUse type) {
  const HandleKind kind = shared->is_future ? HandleKind::kFutureReader : HandleKind::kStreamReader;
  auto end = std::make_shared<CopyEnd>(kind, std::move(shared), type);
  ERMINE_ASSIGN(end->index, to.handles.add(end));
  return uint32_t{end->index};
}

}  // namespace ermine::component
