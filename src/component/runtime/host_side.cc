// See host_side.h.
#include "component/runtime/host_side.h"

#include <utility>

#include "base/format.h"
#include "base/utf8.h"
#include "component/adapter/adapter.h"
#include "component/runtime/host_end.h"
#include "component/runtime/strings.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::Slot;

SideParts::SideParts(ComponentInstance& root, const PlanOptions& options)
    : encoding(options.encoding), address(options.address) {
  if (options.memory) memory = root.memory(*options.memory);
  if (options.realloc) realloc = root.func(*options.realloc);
}

HostSide::HostSide(ComponentInstance& root, uint32_t instance, const SideParts& parts, const HostTypes& types,
                   std::string_view function)
    : root_(root), parts_(parts), types_(types), function_(function), instance_(instance) {
  budget = host_value_bytes(root.store());
  is64 = parts.address == AddressType::k64;
  see_memory();
}

void HostSide::see_memory() {
  if (!parts_.memory) return;
  memory = parts_.memory->base();
  memory_size = parts_.memory->byte_size();
}

void HostSide::end_borrows() {
  for (const auto& handle : borrows_) handle->live = false;
}

bool HostSide::charge(uint64_t bytes) {
  if (bytes <= budget) [[likely]] {
    budget -= bytes;
    return true;
  }
  return fail(host_values_limit(root_.store()));
}

template <class T>
bool HostSide::keep(const Result<T>& result) {
  return result ? true : fail(result.error().clone());
}

const ResourceType* HostSide::type_of(const void* resource_class) const {
  for (const HostClass& known : types_.classes)
    if (known.resource_class == resource_class) return known.type.get();
  return nullptr;
}

TypeUse HostSide::type_of_stream(const detail::TypeShape* shape) const {
  for (const auto& [known, type] : types_.streams)
    if (known == shape) return type;
  return {};
}

namespace detail {

namespace {
HostSide& side(Cursor* cursor) { return *static_cast<HostSide*>(cursor); }
}  // namespace

// ---- Lowering

bool Cursor::allocate(uint32_t alignment, uint64_t bytes, uint64_t& at) {
  HostSide& self = side(this);
  ComponentInstance& root = self.root_;
  InstanceState& state = self.state();
  Slot slots[4] = {0, 0, alignment, bytes};
  // The instance runs, or its task waits for what is written here.
  const int32_t before = state.flag();
  state.set_flag(kInstanceMayNotLeave);
  root.enter_call(&state);
  if (auto called = call_core(root.store(), self.parts_.realloc, slots); !called)
    return fail(std::move(called).error());
  if (auto left = root.exit_call(); !left) return fail(std::move(left).error());
  state.set_flag(before);
  self.see_memory();
  at = is64 ? slots[0] : static_cast<uint32_t>(slots[0]);
  if (at % alignment != 0) return fail(component_trap(AdapterTrap::ReallocUnaligned));
  if (bytes > memory_size || at > memory_size - bytes) return fail(component_trap(AdapterTrap::ReallocOutOfBounds));
  return true;
}

bool Cursor::allocate_list(uint64_t length, uint32_t element_size, uint32_t alignment, uint64_t& at) {
  if (length >= kMaxValueSize / (element_size == 0 ? 1 : element_size))
    return fail(component_trap(AdapterTrap::ListTooLong));
  side(this).stored += length * element_size;
  return allocate(alignment, length * element_size, at);
}

bool Cursor::store_string(std::string_view text, uint64_t& at, uint64_t& units) {
  HostSide& self = side(this);
  if (!base::is_utf8(text)) return bad_value("a string is not valid UTF-8");
  const Result<StringForm> form = string_form(text, self.parts_.encoding);
  if (!self.keep(form) || !allocate(form->alignment, form->bytes, at)) return false;
  lower_string(text, *form, self.parts_.encoding, memory + at);
  self.stored += form->bytes;
  units = form->tagged_units(self.parts_.encoding, self.parts_.address);
  return true;
}

bool Cursor::lower_own(const void* resource_class, void* object, uint32_t& handle) {
  HostSide& self = side(this);
  const ResourceType* type = self.type_of(resource_class);
  const auto rep = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(object));
  Result<uint32_t> added = self.state().handles.add({.type = type, .rep = rep, .own = true});
  if (!added) {
    (void)type->host_destructor(rep);
    return fail(std::move(added).error());
  }
  handle = *added;
  return true;
}

bool Cursor::lower_borrow(const void* resource_class, void* object, uint32_t& handle) {
  HostSide& self = side(this);
  Result<uint32_t> added = self.root_.add_borrow(self.state(), self.type_of(resource_class),
                                                 static_cast<uint64_t>(reinterpret_cast<uintptr_t>(object)));
  if (!added) return fail(std::move(added).error());
  handle = *added;
  return true;
}

bool Cursor::lower_handle(const std::shared_ptr<const void>& handle, bool own, uint32_t& index) {
  HostSide& self = side(this);
  const auto* given = static_cast<const HostHandle*>(handle.get());
  if (!given || !given->live || (own && !given->own))
    return bad_value("a resource that was passed on or dropped, or is only borrowed");
  bool known = false;
  for (const HostClass& type : self.types_.classes) known |= !type.resource_class && type.type == given->type;
  if (!known) return bad_value("a resource of another type");
  if (!own && given->type->implementer == &self.state()) {
    index = static_cast<uint32_t>(given->rep);
    return true;
  }
  Result<uint32_t> added = own ? self.state().handles.add({.type = given->type.get(), .rep = given->rep, .own = true})
                               : self.root_.add_borrow(self.state(), given->type.get(), given->rep);
  if (!added) return fail(std::move(added).error());
  if (own) given->live = false;
  index = *added;
  return true;
}

bool Cursor::lower_stream(const StreamEnd& end, const TypeShape* type, uint32_t& index) {
  HostSide& self = side(this);
  if (!end) return bad_value("a stream or future that is empty, or was passed on");
  Result<uint32_t> added = end.impl()->pass_on(self.root_, self.instance_, self.type_of_stream(type));
  if (!added) return fail(std::move(added).error().with_context(self.function_));
  index = *added;
  return true;
}

bool Cursor::lower_error_context(const std::shared_ptr<const void>& context, uint32_t& index) {
  const auto* given = static_cast<const ErrorContextObject*>(context.get());
  if (!given) return bad_value("an error context is empty");
  Result<uint32_t> added = side(this).state().handles.add(std::make_shared<ErrorContextObject>(given->message));
  if (!added) return fail(std::move(added).error());
  index = *added;
  return true;
}

// ---- Lifting

bool Cursor::load_string(uint64_t at, uint64_t units, std::string& out) {
  HostSide& self = side(this);
  const Result<StringPlace> place =
      string_place(memory, memory_size, self.parts_.encoding, self.parts_.address, at, units);
  // One Latin-1 or UTF-16 unit is up to three bytes.
  if (!self.keep(place) ||
      !self.charge(self.parts_.encoding == StringEncoding::kUtf8 ? place->bytes : place->bytes * 2))
    return false;
  self.lifted += place->bytes;
  return self.keep(lift_string(*place, self.parts_.encoding, out));
}

bool Cursor::view_string(uint64_t at, uint64_t units, std::string_view& out) {
  HostSide& self = side(this);
  if (self.parts_.encoding != StringEncoding::kUtf8) {
    if (!self.texts_) self.texts_ = std::make_unique<std::deque<std::string>>();
    if (!load_string(at, units, self.texts_->emplace_back())) return false;
    out = self.texts_->back();
    return true;
  }
  const Result<StringPlace> place =
      string_place(memory, memory_size, StringEncoding::kUtf8, self.parts_.address, at, units);
  if (!self.keep(place)) return false;
  out = {reinterpret_cast<const char*>(place->begin), place->bytes};
  self.lifted += place->bytes;
  return base::is_utf8(out) || fail(utf8_error(out));
}

bool Cursor::load_list(uint64_t at, uint64_t length, uint32_t element_size, uint32_t alignment, uint64_t host_bytes,
                       const uint8_t*& begin) {
  if (length >= kMaxValueSize / (element_size == 0 ? 1 : element_size))
    return fail(component_trap(AdapterTrap::ListTooLong));
  if (at % alignment != 0) return fail(component_trap(AdapterTrap::UnalignedPointer));
  const uint64_t bytes = length * element_size;
  if (bytes > memory_size || at > memory_size - bytes) return fail(component_trap(AdapterTrap::ListOutOfBounds));
  begin = memory + at;
  side(this).lifted += bytes;
  return side(this).charge(length * host_bytes);
}

bool Cursor::place(uint64_t at, uint32_t size, uint32_t alignment, uint8_t*& out) {
  if (at % alignment != 0) return fail(component_trap(AdapterTrap::UnalignedPointer));
  if (size > memory_size || at > memory_size - size) return fail(component_trap(AdapterTrap::PointerOutOfBounds));
  out = memory + at;
  return true;
}

bool Cursor::lift_own(const void* resource_class, uint32_t handle, void*& object) {
  HostSide& self = side(this);
  Result<uint64_t> rep = self.root_.take_own(self.state(), handle, self.type_of(resource_class));
  if (!rep) return fail(std::move(rep).error());
  object = reinterpret_cast<void*>(static_cast<uintptr_t>(*rep));
  return true;
}

bool Cursor::lift_borrow(const void* resource_class, uint32_t handle, void*& object) {
  HostSide& self = side(this);
  Result<uint64_t> rep = self.root_.lend(self.state(), handle, self.type_of(resource_class));
  if (!rep) return fail(std::move(rep).error());
  object = reinterpret_cast<void*>(static_cast<uintptr_t>(*rep));
  return true;
}

bool Cursor::lift_handle(uint32_t index, bool own, std::shared_ptr<const void>& handle) {
  HostSide& self = side(this);
  if (!self.charge(sizeof(HostHandle))) return false;
  // The type in question is that of the entry, if it is one of the function's.
  const HostClass* type = nullptr;
  Error error;
  for (const HostClass& known : self.types_.classes) {
    if (known.resource_class) continue;
    const Result<HandleEntry*> entry = self.state().handles.get(index, known.type.get());
    if (entry) type = &known;
    else error = entry.error().clone();
  }
  if (!type) return fail(std::move(error));
  Result<uint64_t> rep = own ? self.root_.take_own(self.state(), index, type->type.get())
                             : self.root_.lend(self.state(), index, type->type.get());
  if (!rep) return fail(std::move(rep).error());
  auto made = HostHandle::make(self.root_, type->type, *rep, own);
  if (!own) self.borrows_.push_back(made);
  handle = std::move(made);
  return true;
}

bool Cursor::lift_stream(uint32_t index, const TypeShape* type, StreamEnd& end) {
  HostSide& self = side(this);
  if (!self.charge(HostEnd::kBytes)) return false;
  const TypeUse use = self.type_of_stream(type);
  Result<std::shared_ptr<SharedStream>> shared =
      component::lift_stream(self.state(), self.root_.types(), index, use, type->kind == ValueKind::kFuture);
  if (!shared) return fail(std::move(shared).error());
  end = StreamEnd(HostEnd::adopt(self.root_, self.instance_, use, *std::move(shared)));
  return true;
}

bool Cursor::lift_error_context(uint32_t index, std::shared_ptr<const void>& context) {
  HostSide& self = side(this);
  Result<std::shared_ptr<ErrorContextObject>> found = self.state().handles.get<ErrorContextObject>(index);
  if (!found) return fail(std::move(found).error());
  if (!self.charge((*found)->message.size())) return false;
  context = *std::move(found);
  return true;
}

bool Cursor::load_values(uint64_t at, uint32_t count, std::vector<Value>& out) {
  HostSide& self = side(this);
  if (self.element_.is_none()) {
    for (uint32_t i = 0; i < count; ++i) out.push_back(Value::none());
    return self.charge(uint64_t{count} * sizeof(Value));
  }
  Result<std::vector<Value>> values =
      ValueAccess(self.root_, self.instance_, *self.options_).load_range(self.element_, at, count);
  if (!values) return fail(std::move(values).error());
  for (Value& value : *values) out.push_back(std::move(value));
  return true;
}

bool Cursor::store_values(uint64_t at, std::span<const Value> values) {
  HostSide& self = side(this);
  if (self.element_.is_none()) return true;
  ValueAccess access(self.root_, self.instance_, *self.options_);
  for (const Value& value : values)
    if (auto fits = access.check(self.element_, value); !fits)
      return fail(std::move(fits.error()).with_context("an element that the host writes"));
  Result<void> stored = access.store_range(self.element_, values, at);
  self.see_memory();
  return stored || fail(std::move(stored).error());
}

// ---- Errors

bool Cursor::bad_case() { return fail(component_trap(AdapterTrap::InvalidDiscriminant)); }
bool Cursor::bad_char() { return fail(component_trap(AdapterTrap::InvalidChar)); }
bool Cursor::bad_value(const char* what) {
  return fail(Error(ErrorKind::kUsage, base::format("`{}`: {:t}", side(this).function_, what)));
}
bool Cursor::fail(Error error) {
  // A host function may return an error that it has moved from.
  if (!error) error = Error::trap(TrapCode::kHost, "a host function failed without an error");
  side(this).error_ = std::move(error);
  return false;
}

}  // namespace detail

}  // namespace ermine::component
