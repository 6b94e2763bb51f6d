// TypeRegistry. A recursion group is identified by its shape: the words of its types with references into
// the group written as kRecBase + position and references out of it as canonical ids, which is exactly the
// equality of rolled-up groups in the specification (section 3.1.4, rolling and unrolling). Groups are
// found by the hash of the shape. One mutex guards everything but get(), which reads the TypeTable.
#include "wasm/type_registry.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <mutex>
#include <unordered_map>

#include "base/format.h"
#include "base/sort.h"
#include "wasm/limits.h"
#include "wasm/object_header.h"

namespace ermine::wasm {

namespace {

struct Group;
struct Entry : TypeDef {
  Group* group = nullptr;
};

struct Group {
  std::vector<uint32_t> shape;
  uint64_t hash = 0;
  uint64_t count = 0;               // modules, host types and other groups that use it
  std::vector<Entry> entries;       // never resized once published
  std::vector<TypeId> dependencies; // one type of each other group referred to
};

uint64_t hash_words(const std::vector<uint32_t>& words) {
  uint64_t h = 0x9E37'79B9'7F4A'7C15 ^ words.size();
  for (uint32_t w : words) {
    h = (h ^ w) * 0xFF51'AFD7'ED55'8CCD;
    h ^= h >> 32;
  }
  return h;
}

bool is_rec_ref(TypeId id) { return id >= TypeRegistry::kRecBase && id != kNoType; }

// Calls f(TypeId&) for every type that `def` mentions.
template <class F>
void for_each_reference(TypeDef& def, F&& f) {
  auto value = [&](ValType& type) {
    if (!type.is_ref() || !type.heap().is_concrete()) return;
    TypeId id = type.heap().type_id();
    f(id);
    type = ValType::ref(HeapType::concrete(id), type.nullable());
  };
  if (def.super != kNoType) f(def.super);
  for (ValType& type : def.func.params) value(type);
  for (ValType& type : def.func.results) value(type);
  for (FieldType& field : def.fields) value(field.storage);
}

void append_shape(const TypeDef& def, std::vector<uint32_t>& out) {
  out.push_back(static_cast<uint32_t>(def.kind) | (def.is_final ? 16u : 0u));
  out.push_back(def.super);
  if (def.kind == CompositeKind::kFunc) {
    out.push_back(static_cast<uint32_t>(def.func.params.size()));
    for (ValType type : def.func.params) out.push_back(type.bits());
    out.push_back(static_cast<uint32_t>(def.func.results.size()));
    for (ValType type : def.func.results) out.push_back(type.bits());
  } else {
    out.push_back(static_cast<uint32_t>(def.fields.size()));
    for (const FieldType& field : def.fields) {
      out.push_back(field.storage.bits());
      out.push_back(field.is_mutable);
    }
  }
}

}  // namespace

struct TypeRegistry::Impl {
  explicit Impl(TypeTable& types) : table(types) {}

  TypeTable& table;
  std::mutex mutex;
  std::unordered_multimap<uint64_t, Group*> groups;
  std::vector<TypeId> free_ids;
  TypeId next_id = 0;

  ~Impl() {
    for (auto& [hash, group] : groups) delete group;
    for (auto& segment : table.segments) delete[] segment.load(std::memory_order_relaxed);
  }

  // Every type in the table is an Entry.
  Entry* entry(TypeId id) const { return const_cast<Entry*>(static_cast<const Entry*>(&table[id])); }

  TypeId take_id() {
    if (!free_ids.empty()) {
      TypeId id = free_ids.back();
      free_ids.pop_back();
      return id;
    }
    TypeId id = next_id++;
    unsigned segment = TypeTable::segment_of(id);
    if (!table.segments[segment].load(std::memory_order_relaxed))
      table.segments[segment].store(new std::atomic<const TypeDef*>[size_t{64} << segment](),
                                    std::memory_order_release);
    return id;
  }

  // Sizes, displays and layouts; `def` has its canonical ids and its supertype is complete.
  bool complete(Entry& def) const {
    if (def.super != kNoType) {
      const Entry* super = entry(def.super);
      if (super->display.size() > kMaxSubtypeDepth) return false;
      def.display = super->display;
    }
    def.display.push_back(def.id);
    for (ValType type : def.func.params) def.func.param_slots += type.slots();
    for (ValType type : def.func.results) def.func.result_slots += type.slots();
    // Fields follow the header in their order, so that a subtype's layout extends its supertype's.
    uint32_t size = kObjectHeaderSize;
    for (const FieldType& field : def.fields) {
      uint32_t bytes = storage_size(field.storage);
      if (field.storage.is_ref() && is_gc_reference(field.storage.heap())) def.has_references = true;
      if (def.kind == CompositeKind::kArray) {
        def.element_size = bytes;
      } else {
        uint32_t align = std::min(bytes, 8u);
        size = (size + align - 1) & ~(align - 1);
        def.field_offsets.push_back(size);
        size += bytes;
      }
    }
    if (def.kind == CompositeKind::kStruct) def.size = (size + 7) & ~7u;
    if (def.kind != CompositeKind::kFunc) {
      def.object_header = object_header_of(def, [&](uint32_t i) {
        const ValType type = def.fields[i].storage;
        return type.is_ref() && is_gc_reference(type.heap());
      });
    }
    return true;
  }

  // Function references are pointers to the store's FuncRefs; all others are the collector's 32-bit references.
  bool is_gc_reference(HeapType type) const {
    if (type.is_concrete()) return entry(type.type_id())->kind != CompositeKind::kFunc;
    return type != HeapType(HeapType::kFunc) && type != HeapType(HeapType::kNoFunc);
  }
  uint32_t storage_size(ValType type) const {
    switch (type.kind()) {
      case ValKind::kI8: return 1;
      case ValKind::kI16: return 2;
      case ValKind::kI32:
      case ValKind::kF32: return 4;
      case ValKind::kV128: return 16;
      case ValKind::kRef: return is_gc_reference(type.heap()) ? 4 : 8;
      default: return 8;
    }
  }

  void release_locked(TypeId id) {
    std::vector<Group*> dead;
    auto drop = [&](TypeId type) {
      Group* group = entry(type)->group;
      assert(group->count > 0);
      if (--group->count == 0) dead.push_back(group);
    };
    drop(id);
    while (!dead.empty()) {
      Group* group = dead.back();
      dead.pop_back();
      auto [first, last] = groups.equal_range(group->hash);
      for (auto it = first; it != last; ++it) {
        if (it->second != group) continue;
        groups.erase(it);
        break;
      }
      for (const Entry& e : group->entries) {
        table.slot(e.id).store(nullptr, std::memory_order_release);
        free_ids.push_back(e.id);
      }
      for (TypeId dependency : group->dependencies) drop(dependency);
      delete group;
    }
  }
};

TypeRegistry::TypeRegistry() : impl_(std::make_unique<Impl>(table_)) {}
TypeRegistry::~TypeRegistry() = default;

Result<void> TypeRegistry::add_group(std::span<TypeDef> group, std::span<TypeId> ids) {
  assert(group.size() == ids.size());
  if (group.empty()) return {};
  std::vector<uint32_t> shape;
  shape.reserve(group.size() * 8);
  for (const TypeDef& def : group) append_shape(def, shape);
  const uint64_t hash = hash_words(shape);

  std::lock_guard lock(impl_->mutex);
  auto [first, last] = impl_->groups.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    Group* known = it->second;
    if (known->entries.size() != group.size() || known->shape != shape) continue;
    ++known->count;
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = known->entries[i].id;
    return {};
  }

  if (impl_->next_id + group.size() >= kRecBase)
    return Error(ErrorKind::kUnsupported, base::format("too many types: an engine holds at most {}", kRecBase));
  auto made = std::make_unique<Group>();
  made->shape = std::move(shape);
  made->hash = hash;
  made->count = 1;
  made->entries.resize(group.size());
  for (size_t i = 0; i < group.size(); ++i) {
    Entry& e = made->entries[i];
    static_cast<TypeDef&>(e) = std::move(group[i]);
    e.id = ids[i] = impl_->take_id();
    e.group = made.get();
    table_.slot(e.id).store(&e, std::memory_order_release);
  }
  for (Entry& e : made->entries) {
    for_each_reference(e, [&](TypeId& id) {
      if (is_rec_ref(id)) id = ids[id - kRecBase];
      else made->dependencies.push_back(id);
    });
  }
  // One reference for each other group, however many of its types are mentioned.
  auto group_of = [&](TypeId id) { return impl_->entry(id)->group; };
  base::sort(std::span(made->dependencies),
             [&](TypeId a, TypeId b) { return std::less<>()(group_of(a), group_of(b)); });
  made->dependencies.erase(std::unique(made->dependencies.begin(), made->dependencies.end(),
                                       [&](TypeId a, TypeId b) { return group_of(a) == group_of(b); }),
                           made->dependencies.end());
  for (TypeId id : made->dependencies) ++group_of(id)->count;
  impl_->groups.emplace(hash, made.get());
  Group* published = made.release();

  for (Entry& e : published->entries) {
    if (impl_->complete(e)) continue;
    impl_->release_locked(published->entries[0].id);
    return Error(ErrorKind::kUnsupported,
                 base::format("sub type hierarchy too deep: at most {} levels are supported", kMaxSubtypeDepth));
  }
  return {};
}

Result<TypeId> TypeRegistry::add_func(std::span<const ValType> params, std::span<const ValType> results) {
  TypeDef def;
  def.func.params.assign(params.begin(), params.end());
  def.func.results.assign(results.begin(), results.end());
  TypeId id = kNoType;
  ERMINE_TRY(add_group({&def, 1}, {&id, 1}));
  return id;
}

void TypeRegistry::retain(TypeId id) {
  std::lock_guard lock(impl_->mutex);
  ++impl_->entry(id)->group->count;
}

void TypeRegistry::release(TypeId id) {
  std::lock_guard lock(impl_->mutex);
  impl_->release_locked(id);
}

bool TypeRegistry::is_subtype(TypeId sub, TypeId super) const {
  if (sub == super) return true;
  const TypeDef& a = get(sub);
  const TypeDef& b = get(super);
  const size_t depth = b.display.size() - 1;
  return a.display.size() > depth && a.display[depth] == super;
}

// Specification 3.0, section 3.3.3 (heap types).
bool TypeRegistry::is_subtype(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (sub.is_concrete() && super.is_concrete()) return is_subtype(sub.type_id(), super.type_id());
  if (sub == HeapType(HeapType::kBot)) return true;
  if (super == HeapType(HeapType::kBot)) return false;
  if (sub.is_concrete()) {
    switch (get(sub.type_id()).kind) {
      case CompositeKind::kFunc: return super == HeapType(HeapType::kFunc);
      case CompositeKind::kStruct:
        return super == HeapType(HeapType::kStruct) || super == HeapType(HeapType::kEq) ||
               super == HeapType(HeapType::kAny);
      case CompositeKind::kArray:
        return super == HeapType(HeapType::kArray) || super == HeapType(HeapType::kEq) ||
               super == HeapType(HeapType::kAny);
    }
    return false;
  }
  switch (sub.abstract()) {
    case HeapType::kNone:
    case HeapType::kNoFunc:
    case HeapType::kNoExtern:
    case HeapType::kNoExn: return bottom(super) == sub;
    case HeapType::kI31:
    case HeapType::kStruct:
    case HeapType::kArray: return super == HeapType(HeapType::kEq) || super == HeapType(HeapType::kAny);
    case HeapType::kEq: return super == HeapType(HeapType::kAny);
    default: return false;
  }
}

bool TypeRegistry::is_subtype(ValType sub, ValType super) const {
  if (sub == super || sub.is_bot()) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.nullable() && !super.nullable()) return false;
  return is_subtype(sub.heap(), super.heap());
}

HeapType TypeRegistry::top(HeapType h) const {
  if (h.is_concrete()) return get(h.type_id()).kind == CompositeKind::kFunc ? HeapType::kFunc : HeapType::kAny;
  switch (h.abstract()) {
    case HeapType::kFunc:
    case HeapType::kNoFunc: return HeapType::kFunc;
    case HeapType::kExtern:
    case HeapType::kNoExtern: return HeapType::kExtern;
    case HeapType::kExn:
    case HeapType::kNoExn: return HeapType::kExn;
    case HeapType::kBot: return HeapType::kBot;
    default: return HeapType::kAny;
  }
}

HeapType TypeRegistry::bottom(HeapType h) const {
  switch (top(h).abstract()) {
    case HeapType::kFunc: return HeapType::kNoFunc;
    case HeapType::kExtern: return HeapType::kNoExtern;
    case HeapType::kExn: return HeapType::kNoExn;
    case HeapType::kBot: return HeapType::kBot;
    default: return HeapType::kNone;
  }
}

}  // namespace ermine::wasm
