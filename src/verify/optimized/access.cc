// Accesses to memory: what is at an address, and whether it may be read or written.
#include <cstring>

#include "runtime/memory.h"
#include "runtime/memory_slots.h"
#include "runtime/offsets.h"
#include "verify/optimized/pass.h"

namespace ermine::verify::optimized {

namespace offsets = runtime::offsets;

namespace {

constexpr int kHeap = static_cast<int>(offsetof(runtime::ExecContext, heap));
constexpr int kHeapBase = kHeap + static_cast<int>(offsetof(runtime::gc::View, base)),
              kHeapCursor = kHeap + static_cast<int>(offsetof(runtime::gc::View, cursor)),
              kHeapLimit = kHeap + static_cast<int>(offsetof(runtime::gc::View, limit)),
              kHeapTypes = kHeap + static_cast<int>(offsetof(runtime::gc::View, types));
constexpr int kUnmasked = static_cast<int>(offsetof(runtime::ExecContext, unmasked));
constexpr int kMemories = static_cast<int>(offsetof(runtime::InstanceContext, memories)),
              kMemory0Size = static_cast<int>(offsetof(runtime::InstanceContext, memory0_size));

bool holds_functions(const wasm::Module& module, wasm::ValType type) {
  if (!type.is_ref()) return false;
  const wasm::HeapType heap = type.heap();
  if (!heap.is_concrete()) return heap == wasm::HeapType::kFunc || heap == wasm::HeapType::kNoFunc;
  for (uint32_t i = 0; i < module.types.size(); ++i)
    if (module.types[i] == heap.type_id()) return module.type_def(i).kind == wasm::CompositeKind::kFunc;
  return true;
}

}  // namespace

Value Pass::named(State& s, Value v) {
  s.forget(name(kNameOfResult));
  v.id = name(kNameOfResult);
  return v;
}

bool Pass::in_native_stack(const State& s, const Value& at, unsigned bytes) {
  constexpr int64_t kBelow = 128;  // the ABI's red zone
  const auto& sp = s.r[rsp];
  if (at.add >= sp.add - kBelow && at.add + static_cast<int64_t>(at.hi) + bytes <= 0) return true;
  return refuse("an access of the native stack outside of the function's part");
}

bool Pass::in_frame(const State& s, const Value& at, unsigned bytes) {
  const int64_t end = s.frame_end != 0 ? s.frame_end : params_end_ + int64_t{8} * runtime::kHeaderCallerSlots;
  if (at.add >= 0 && at.add + static_cast<int64_t>(at.hi) + bytes <= end) return true;
  return refuse("an access outside of the frame");
}

// The handler of faults reads the frame and the context from the native stack. Below a memory are 4 GiB that belong to
// no other, and above its reach as well.
bool Pass::in_memory(State& s, const Value& at, unsigned bytes) {
  if ((at.of & ~memory_set_) != 0) return refuse("accesses a memory that the register code does not name");
  const auto& state = code_.state;
  if (state.register_number == state.kInRegisters || state.register_number >= kRegisters)
    return refuse("an access that can fault, without a place of the frame");
  const Value& base = s.r[static_cast<unsigned>(state.register_number)];
  const bool is_on_stack = base.is(Kind::kStack) && base.hi == 0;
  const Value *const frame = is_on_stack ? s.stack.find(base.add + state.offset) : nullptr,
                     *const context = is_on_stack ? s.stack.find(base.add + state.offset + 8) : nullptr;
  if (frame == nullptr || !frame->is_at(Kind::kFrame, 0) || context == nullptr || !context->is_at(Kind::kContext, 0))
    return refuse("an access that can fault while the frame is not where it is looked for");
  if (at.add >= INT32_MIN &&
      static_cast<uint64_t>(at.add + INT64_C(0x80000000)) + at.hi + bytes <= runtime::kGuardedReach + 0x80000000)
    return true;
  return refuse("an access that can leave the reservation of a memory");
}

bool Pass::is_reference(const Value& v) const { return v.is_constant(0) || (v.is(Kind::kRef) && v.add == 0); }

// Whether the import that has the instance's context was compared with a function of its module.
bool Pass::is_known(const State& s, const Instance& instance) {
  return s.has(Fact::kIs, import_name(instance.import), reinterpret_cast<uint64_t>(instance.func));
}

// The instance whose context a value is known to be; no value: none of those that the code is concerned with.
std::optional<uint32_t> Pass::instance_at(const State& s, const Value& context) const {
  if (context.is(Kind::kContext)) return 0;
  if (!context.is(Kind::kImportContext)) return std::nullopt;
  for (uint32_t n = 1; n < instances_.size(); ++n)
    if (instances_[n].import == context.of && is_known(s, instances_[n])) return n;
  return std::nullopt;
}

bool Pass::is_context(const State& s, const Value& v, uint32_t instance) const {
  return v.add == 0 && v.hi == 0 && instance_at(s, v) == instance;
}

Value Pass::load_context(const Value& at, unsigned bytes, uint32_t number) {
  const auto field = static_cast<uint64_t>(at.add);
  const Value any = number_of_bytes(bytes);
  const Instance& instance = instances_[number];
  const wasm::Module& m = instance.in->module;
  if (bytes == 8) switch (at.add) {
      case offsets::kContextMemoryBase:
        return is_guarded(instance, 0) ? pointer(Kind::kMemory, 0, memory_bit(instance.memories))
                                       : pointer(Kind::kOpen, 0, instance.memories);
      case offsets::kContextExec: return pointer(Kind::kExec);
      case offsets::kContextGlobals: return pointer(Kind::kGlobals, 0, number);
      case offsets::kContextFuncRefs: return pointer(Kind::kImports, 0, number);
      case offsets::kContextTables: return pointer(Kind::kTables, 0, number);
      case kMemories: return pointer(Kind::kMemories, 0, number);
      case kMemory0Size: return any;
      default: break;
    }
  const auto cells = m.globals.size() - m.imported_globals;
  const uint64_t cell = (field - offsets::kGlobalCells) / offsets::kGlobalCellSize;
  if (at.add >= offsets::kGlobalCells && cell < cells) {
    const auto index = static_cast<uint32_t>(m.imported_globals + cell);
    if ((field - offsets::kGlobalCells) % offsets::kGlobalCellSize + bytes > offsets::kGlobalCellSize ||
        !globals_.contains(instance.globals + index))
      return refuse("reads a global that the register code does not name"), Value();
    return bytes == 8 && m.globals[index].type.type.is_ref() ? Value{.kind = Kind::kRef} : any;
  }
  for (uint32_t k = 1; k < m.memories.size() && bytes == 8; ++k) {
    if (offsets::memory_base(m, k) != field) continue;
    if (!is_guarded(instance, k) || !memories_.contains(instance.memories + k)) break;
    return pointer(Kind::kMemory, 0, memory_bit(instance.memories + k));
  }
  refuse("reads a field of the context that code never needs");
  return {};
}

Value Pass::load_exec(const Value& at, unsigned bytes) {
  if (bytes == 8) switch (at.add) {
      case offsets::kExecStackLimit: return pointer(Kind::kStackLimit);
      case offsets::kExecNativeStackLimitTerm: return pointer(Kind::kNativeTerm);
      case offsets::kExecFuel: return {};
      case kHeapBase: return pointer(Kind::kHeap);
      case kHeapTypes: return pointer(Kind::kTypes);
      case kUnmasked: return pointer(Kind::kUnmasked);
      default: break;
    }
  if (bytes == 4 && (at.add == offsets::kExecInterrupt || at.add == kHeapCursor || at.add == kHeapLimit))
    return number_of_bytes(4);
  if (bytes == 1 && at.add == offsets::kExecRelaxedSimdDeterministic) return number_of_bytes(1);
  refuse("reads a field of ExecContext that code never needs");
  return {};
}

Value Pass::load_ref(State& s, const Value& at, unsigned bytes) {
  if (at.id == 0 || !s.has(Fact::kNotNull, at.id)) return refuse("reads through a reference that may be null"), Value();
  if (at.add == offsets::kFuncRefType && bytes == 4) return of_ref(Kind::kRefType, at.id);
  if (at.add == offsets::kFuncRefCtx && bytes == 8) return of_ref(Kind::kRefContext, at.id);
  if (at.add == offsets::kFuncRefIndex && bytes == 4) return of_ref(Kind::kRefIndex, at.id);
  refuse("reads a field of a function reference that code never needs");
  return {};
}

// In the tables of entries, or the cell of a loop.
std::optional<Value> Pass::entry_at(uint64_t address) const {
  for (const Instance& instance : instances_) {
    const wasm::Module& m = instance.in->module;
    const auto index = [&](const uint8_t* table) -> std::optional<uint32_t> {
      const uint64_t at = address - reinterpret_cast<uint64_t>(table);
      if (table == nullptr || at % 8 != 0 || at / 8 >= m.functions.size() - m.imported_functions) return std::nullopt;
      return instance.functions + m.imported_functions + static_cast<uint32_t>(at / 8);
    };
    if (const auto i = index(instance.in->call_table)) return pointer(Kind::kEntry, 0, *i);
    if (const auto i = index(instance.in->register_table)) return pointer(Kind::kEntryByRegisters, 0, *i);
  }
  if (const auto cell = cells_.find(address); cell != cells_.end()) return pointer(Kind::kLoopUnit, 0, cell->second);
  return std::nullopt;
}

// The place of a reference's function in the tables of entries of its instance, whose first function would be at
// `address`.
Value Pass::entries_at(const State& s, uint64_t address, uint32_t ref) const {
  for (uint32_t n = 0; n < instances_.size(); ++n) {
    const Instance& instance = instances_[n];
    if (!s.has(Fact::kOwn, ref, n != 0 ? import_name(instance.import) : 0)) continue;
    if (n != 0 && !is_known(s, instance)) continue;
    const uint64_t at = address + uint64_t{8} * instance.in->module.imported_functions;
    Value v = of_ref(Kind::kEntries, ref);
    v.of = n;
    if (at == reinterpret_cast<uint64_t>(instance.in->call_table)) return v;
    v.kind = Kind::kEntriesByRegisters;
    if (at == reinterpret_cast<uint64_t>(instance.in->register_table)) return v;
  }
  return {};
}

Value Pass::load(State& s, const Value& at, unsigned bytes, bool is_signed) {
  if (!problem_.empty()) return {};
  const Value number = number_of_bytes(bytes);
  switch (at.kind) {
    case Kind::kStack:
      if (!in_native_stack(s, at, bytes)) return {};
      if (Value* const v = at.hi == 0 ? s.stack.find(at.add, bytes) : nullptr; v != nullptr) {
        s.give_name(*v, name(kNameOfResult));
        return s.known(bytes == 8 ? *v : low_part(*v, bytes));
      }
      return number;
    case Kind::kFrame: {
      if (!in_frame(s, at, bytes) || bytes != 8) return number;
      if (const Value* const v = at.hi == 0 ? s.frame.find(at.add) : nullptr) return *v;
      bool is_ref = at.add % 8 == 0 && at.hi % 8 == 0;
      for (uint64_t i = 0; i <= at.hi && is_ref; i += 8)
        is_ref = std::ranges::any_of(bodies_, [&](const Body& body) {
          const int64_t byte = at.add + static_cast<int64_t>(i) - body.frame;
          return byte >= 0 && body.code->holds_refs(static_cast<uint64_t>(byte) / 8);
        });
      if (!is_ref || at.hi != 0) return is_ref ? Value{.kind = Kind::kRef} : Value();
      // It may be read once to be compared with null, and again to be used.
      const Value v = named(s, {.kind = Kind::kRef});
      s.frame.set(at.add, v);
      return v;
    }
    case Kind::kContext: return load_context(at, bytes, 0);
    case Kind::kExec: return load_exec(at, bytes);
    case Kind::kCode: {
      if (at.add < code_.code_size || static_cast<uint64_t>(at.add) + at.hi + bytes > code_.bytes.size())
        return refuse("reads outside of its constants"), Value();
      if (is_signed && bytes == 4 && at.hi % 4 == 0 && (at.flag == 4 || at.hi == 0))
        return {.kind = Kind::kDistance, .add = at.add, .hi = at.hi};
      return number;
    }
    case Kind::kMemory: return in_memory(s, at, bytes) ? number : Value();
    case Kind::kOpenChecked:
      if (at.flag == 0 || bytes > at.hi) return refuse("an access that is not checked"), Value();
      return number;
    case Kind::kMemories: {
      const Instance& instance = instances_[at.of];
      const auto k = static_cast<uint64_t>(at.add) / 8;
      const auto number = static_cast<uint32_t>(instance.memories + k);
      if (at.add < 0 || at.add % 8 != 0 || bytes != 8 || k >= instance.in->module.memories.size() ||
          !memories_.contains(number))
        return refuse("reads a memory that the register code does not name"), Value();
      return pointer(Kind::kMemoryObject, 0, number);
    }
    case Kind::kMemoryObject:
      if (bytes == 8 && at.add == runtime::Memory::kBaseAt) return pointer(Kind::kOpen, 0, at.of);
      if (bytes == 8 && at.add == runtime::Memory::kByteSizeAt) return pointer(Kind::kMemorySize, 0, at.of);
      break;
    case Kind::kTables: {
      const Instance& instance = instances_[at.of];
      const auto k = static_cast<uint64_t>(at.add) / 8;
      const auto number = static_cast<uint32_t>(instance.tables + k);
      if (at.add < 0 || at.add % 8 != 0 || bytes != 8 || k >= instance.in->module.tables.size() ||
          !tables_.contains(number))
        return refuse("reads a table that the register code does not name"), Value();
      return pointer(Kind::kTable, 0, number);
    }
    case Kind::kTable:
      if (bytes == 8 && at.add == offsets::kTableElements) return pointer(Kind::kElements, 0, at.of);
      if (bytes == 8 && at.add == offsets::kTableSize) return pointer(Kind::kTableSize, 0, at.of);
      break;
    case Kind::kElement:
      if (bytes == 8) return named(s, {.kind = Kind::kRef});
      if (bytes < 8) return number;
      break;
    case Kind::kGlobals: {
      const Instance& instance = instances_[at.of];
      const auto k = static_cast<uint64_t>(at.add) / 8;
      const auto number = static_cast<uint32_t>(instance.globals + k);
      if (at.add < 0 || at.add % 8 != 0 || bytes != 8 || k >= instance.in->module.globals.size() ||
          !globals_.contains(number))
        return refuse("reads a global that the register code does not name"), Value();
      return pointer(Kind::kGlobal, 0, number);
    }
    case Kind::kGlobal:
      if (at.add < 0 || at.add + bytes > offsets::kGlobalCellSize) break;
      return bytes == 8 && global(at.of).type.is_ref() ? Value{.kind = Kind::kRef} : number;
    case Kind::kImports: {
      const Instance& instance = instances_[at.of];
      const auto k = static_cast<uint64_t>(at.add) / 8;
      const auto number = static_cast<uint32_t>(instance.imports + k);
      if (at.add < 0 || at.add % 8 != 0 || bytes != 8 || k >= instance.in->module.imported_functions ||
          !imports_.contains(number))
        return refuse("reads an imported function that the register code does not call"), Value();
      return pointer(Kind::kImport, 0, number);
    }
    case Kind::kImport:
      if (bytes == 8 && at.add == offsets::kFuncRefCtx) return pointer(Kind::kImportContext, 0, at.of);
      if (bytes == 8 && at.add == offsets::kFuncRefCode) return pointer(Kind::kImportCode, 0, at.of);
      break;
    case Kind::kImportContext:
      if (const auto instance = instance_at(s, at)) {
        const Value v = load_context(at, bytes, *instance);
        return is_signed && v.is_number() ? number : v;
      }
      if (!s.has(Fact::kGuest, import_name(at.of))) return refuse("reads a context that may be null"), Value();
      if (bytes == 8 && at.add == offsets::kContextMemoryBase) return pointer(Kind::kImportMemory, 0, at.of);
      break;
    case Kind::kImportCode:
      if (bytes == 8 && at.add == offsets::kFuncCodeEntry) return pointer(Kind::kImportUnit, 0, at.of);
      if (bytes == 8 && at.add == offsets::kFuncCodeRegisterEntry) return pointer(Kind::kImportByRegisters, 0, at.of);
      break;
    case Kind::kImportUnit:
      if (bytes == 8) return pointer(Kind::kImportEntry, 0, at.of);
      break;
    case Kind::kRef: return load_ref(s, at, bytes);
    case Kind::kEntries:
      if (bytes == 8) return {.kind = Kind::kEntry, .of = at.of, .id = at.id, .hi = 0};
      break;
    case Kind::kEntriesByRegisters:
      if (bytes == 8) return {.kind = Kind::kEntryByRegisters, .of = at.of, .id = at.id, .hi = 0};
      break;
    case Kind::kHeap: return bytes == 8 && !is_signed ? Value{.kind = Kind::kRef} : number;
    case Kind::kTypes: return bytes == 8 ? pointer(Kind::kTypes) : number;
    case Kind::kLoopUnit:
      if (bytes == 8) return pointer(Kind::kLoopCode, 0, at.of);
      break;
    case Kind::kNumber:
      if (at.is_constant() && bytes == 8)
        if (const auto v = entry_at(at.lo)) return *v;
      break;
    default: break;
  }
  refuse("reads at an address that is not known");
  return {};
}

void Pass::store(State& s, const Value& at, unsigned bytes, const Value& v) {
  if (!problem_.empty()) return;
  // A global or an element of a table.
  const auto holds = [&](const Instance& instance, wasm::ValType type) {
    if (!holds_functions(instance.in->module, type) || (bytes == 8 && is_reference(v))) return true;
    return refuse("stores something else than a reference where functions are found");
  };
  switch (at.kind) {
    case Kind::kStack:
      if (!in_native_stack(s, at, bytes)) return;
      if (bytes <= 8 && at.hi == 0) s.stack.set(at.add, v, bytes);
      else s.stack.clear(at.add, bytes + static_cast<unsigned>(at.hi));
      return;
    case Kind::kFrame:
      if (!in_frame(s, at, bytes)) return;
      s.frame.clear(at.add, bytes + static_cast<unsigned>(at.hi));
      if (bytes == 8 && at.hi == 0 && ((!v.is_number() && !v.is(Kind::kSigned)) || v.is_constant()))
        s.frame.set(at.add, v);
      return;
    case Kind::kContext:
    case Kind::kImportContext: {
      const auto n = instance_at(s, at);
      if (!n) break;
      const Instance& instance = instances_[*n];
      const wasm::Module& m = instance.in->module;
      const uint64_t field = static_cast<uint64_t>(at.add) - offsets::kGlobalCells;
      const uint64_t cell = field / offsets::kGlobalCellSize;
      const auto index = static_cast<uint32_t>(m.imported_globals + cell);
      if (at.add < offsets::kGlobalCells || cell >= m.globals.size() - m.imported_globals ||
          field % offsets::kGlobalCellSize + bytes > offsets::kGlobalCellSize ||
          !written_globals_.contains(instance.globals + index))
        return void(
            refuse("writes a field of the context that is no global, or one that the register code does not name"));
      holds(instance, m.globals[index].type.type);
      return;
    }
    case Kind::kGlobal:
      if (at.add < 0 || at.add + bytes > offsets::kGlobalCellSize || !written_globals_.contains(at.of)) break;
      holds(owner(at.of, &Instance::globals), global(at.of).type);
      return;
    case Kind::kExec:
      if ((bytes == 8 && at.add == offsets::kExecFuel) || (bytes == 4 && at.add == kHeapCursor)) return;
      refuse("writes a field of ExecContext that code never needs");
      return;
    case Kind::kMemory: static_cast<void>(in_memory(s, at, bytes)); return;
    case Kind::kOpenChecked:
      if (at.flag == 0 || bytes > at.hi) refuse("an access that is not checked");
      return;
    case Kind::kElement: {
      if (at.flag == 0 || bytes != 8 || !written_tables_.contains(at.of)) break;
      const Instance& instance = owner(at.of, &Instance::tables);
      holds(instance, instance.in->module.tables[at.of - instance.tables].type.element);
      return;
    }
    case Kind::kHeap: return;
    default: break;
  }
  refuse("writes at an address that is not known");
}

}  // namespace ermine::verify::optimized
