#include "component/adapter/builder.h"

#include <algorithm>

#include "base/fixed_text.h"
#include "base/format.h"
#include "component/adapter/translate.h"
#include "component/model/limits.h"
#include "wasm/limits.h"

namespace ermine::component::adapter {

namespace {

constexpr base::FixedText<8> kIntrinsicParams[] = {
#define INTRINSIC(id, name, params, results) params,
#include "component/adapter/intrinsics.def"
};
constexpr base::FixedText<8> kIntrinsicResults[] = {
#define INTRINSIC(id, name, params, results) results,
#include "component/adapter/intrinsics.def"
};

wasm::FuncType intrinsic_type(Intrinsic intrinsic, ValType from, ValType to) {
  const auto types = [&](std::string_view letters) {
    std::vector<ValType> list;
    for (const char letter : letters)
      list.push_back(letter == 's' ? from : letter == 'd' ? to : letter == 'I' ? wasm::kI64 : wasm::kI32);
    return list;
  };
  const auto i = static_cast<size_t>(intrinsic);
  return {types(kIntrinsicParams[i]), types(kIntrinsicResults[i])};
}

uint32_t bits(TypeUse use) {
  if (use.is_none()) return ~0u;
  return use.is_index() ? use.index() : 1u << 31 | static_cast<uint32_t>(use.primitive());
}

}  // namespace

Shape Shape::of(const Types& types, TypeUse use) {
  if (!use.is_index()) return {TypeKind::Primitive, use.primitive(), nullptr};
  const DefinedType& type = types.defined[use.index()];
  if (type.kind == TypeKind::Primitive) return {type.kind, type.primitive, nullptr};
  return {type.kind, Primitive::Bool, &type};
}

uint32_t Shape::cases() const {
  return kind == TypeKind::Option || kind == TypeKind::Result ? 2 : static_cast<uint32_t>(type->fields.size());
}

TypeUse Shape::payload(uint32_t i) const {
  switch (kind) {
    case TypeKind::Enum: return {};
    case TypeKind::Option: return i == 0 ? TypeUse() : type->first;
    case TypeKind::Result: return i == 0 ? type->first : type->second;
    default: return type->fields[i].type;
  }
}

// ---- Imports

uint32_t Builder::import(const ImportKey& key, AdapterImport description) {
  uint32_t& count = description.kind == AdapterImport::Kind::kMemory  ? memories_
                    : description.kind == AdapterImport::Kind::kFlags ? globals_
                                                                      : imported_functions_;
  const auto [entry, is_new] = import_index_.try_emplace(key, count);
  if (is_new) {
    ++count;
    imports_.push_back(std::move(description));
  }
  return entry->second;
}

bool Builder::has_room_for(const AdapterRequest& request) const {
  std::set<CoreNumber> missing;
  for (const AdapterSide* side : {&request.lower, &request.lift})
    if (side->memory &&
        !import_index_.contains({AdapterImport::Kind::kMemory, side->memory->number, Intrinsic::Trap, 0, 0, 0, 0}))
      missing.insert(side->memory->number);
  // The engine allows more functions and imports; an adapter seldom needs more than ten.
  return memories_ + missing.size() <= wasm::kMaxMemories && functions_.size() < 100'000 && imports_.size() < 100'000 &&
         code_size_ < kMaxCode;
}

uint32_t Builder::memory(const AdapterMemory& memory) {
  AdapterImport description;
  description.kind = AdapterImport::Kind::kMemory;
  description.number = memory.number;
  description.from = memory;
  return import({description.kind, memory.number, Intrinsic::Trap, 0, 0, 0, 0}, std::move(description));
}

uint32_t Builder::flags(InstanceNumber instance) {
  AdapterImport description;
  description.kind = AdapterImport::Kind::kFlags;
  description.number = instance;
  return import({description.kind, instance, Intrinsic::Trap, 0, 0, 0, 0}, std::move(description));
}

Callee Builder::core_func(CoreNumber number, wasm::FuncType type) {
  // The same function under two types cannot be: the runtime's core function has one.
  AdapterImport description;
  description.kind = AdapterImport::Kind::kFunc;
  description.number = number;
  description.type = std::move(type);
  return {true, import({description.kind, number, Intrinsic::Trap, 0, 0, 0, 0}, std::move(description))};
}

Callee Builder::intrinsic(Intrinsic intrinsic) {
  AdapterImport description;
  description.kind = AdapterImport::Kind::kIntrinsic;
  description.intrinsic = intrinsic;
  description.type = intrinsic_type(intrinsic, wasm::kI32, wasm::kI32);
  return {true, import({description.kind, 0, intrinsic, 0, 0, 0, 0}, std::move(description))};
}

Callee Builder::enter_call(InstanceNumber instance) {
  AdapterImport description;
  description.kind = AdapterImport::Kind::kIntrinsic;
  description.intrinsic = Intrinsic::EnterCall;
  description.number = instance;
  description.type = intrinsic_type(Intrinsic::EnterCall, wasm::kI32, wasm::kI32);
  return {true, import({description.kind, instance, Intrinsic::EnterCall, 0, 0, 0, 0}, std::move(description))};
}

Callee Builder::transcoder(Intrinsic intrinsic, const Options& from, const Options& to) {
  AdapterImport description;
  description.kind = AdapterImport::Kind::kIntrinsic;
  description.intrinsic = intrinsic;
  description.from = *from.memory;
  description.to = *to.memory;
  description.type = intrinsic_type(intrinsic, from.pointer(), to.pointer());
  return {true, import({description.kind, 0, intrinsic, from.memory->number, to.memory->number, 0, 0},
                       std::move(description))};
}

Callee Builder::transfer(Intrinsic intrinsic, const Options& from, const Options& to, uint32_t from_type,
                         uint32_t to_type) {
  AdapterImport description;
  description.kind = AdapterImport::Kind::kIntrinsic;
  description.intrinsic = intrinsic;
  description.from_instance = from.instance;
  description.to_instance = to.instance;
  description.from_types = from.types;
  description.to_types = to.types;
  description.from_type = from_type;
  description.to_type = to_type;
  description.type = intrinsic_type(intrinsic, wasm::kI32, wasm::kI32);
  // The types of an instance belong to one Types, so its number stands for both.
  return {true, import({description.kind, 0, intrinsic, from.instance, to.instance, from_type, to_type},
                       std::move(description))};
}

const Options& Builder::options(const AdapterSide& side) {
  Options made;
  made.types = side.types;
  made.instance = side.instance;
  made.encoding = side.encoding;
  made.memory = side.memory;
  made.realloc = side.realloc;
  made.sees_tasks = side.sees_tasks;
  if (side.memory) {
    made.memory_index = memory(*side.memory);
    made.address = side.memory->is64 ? AddressType::k64 : AddressType::k32;
  }
  for (const Options& old : options_)
    if (old.types == made.types && old.instance == made.instance && old.encoding == made.encoding &&
        old.realloc == made.realloc && old.memory.has_value() == made.memory.has_value() &&
        (!old.memory || old.memory->number == made.memory->number))
      return old;
  made.id = static_cast<uint32_t>(options_.size());
  return options_.emplace_back(made);
}

// ---- Functions

Callee Builder::add(FunctionCode function) {
  if (function.too_large()) fail();
  code_size_ += function.code.size();
  functions_.push_back(std::move(function));
  return {false, static_cast<uint32_t>(functions_.size() - 1)};
}

Callee Builder::helper(Helper role, const Options& from, const Options& to, TypeUse a, TypeUse b) {
  const Key key{role, from.id, to.id, bits(a), bits(b)};
  const auto [entry, is_new] = helpers_.try_emplace(key, static_cast<uint32_t>(functions_.size()));
  if (is_new) {
    const ValType f = from.pointer(), t = to.pointer();
    std::vector<ValType> params, results;
    std::string name = "adapter: ";
    switch (role) {
      case Helper::kRange:
        name += "check of a range";
        params = {f, f, wasm::kI32};
        break;
      case Helper::kSource:
      case Helper::kSourceString:
        name += role == Helper::kSource ? "check of a list" : "check of a string";
        params = {f, f, wasm::kI32, wasm::kI32};
        results = {f};
        break;
      case Helper::kAllocate:
        name += "realloc";
        params = {f, f, f, f};
        results = {f};
        break;
      case Helper::kString:
        name += "copy of a string";
        params = {f, f};
        results = {t, t};
        break;
      case Helper::kList:
        name += "copy of a list";
        params = {f, f};
        results = {t};
        break;
      case Helper::kValue:
        name += "copy of a ";
        name += type_word(*from.types, a);
        params = {f, t};
        break;
      case Helper::kFlatValue: {
        name += "copy of a ";
        name += type_word(*from.types, a);
        const auto given = from.types->flat(a, from.address).types, made = to.types->flat(b, to.address).types;
        params.assign(given.begin(), given.end());
        results.assign(made.begin(), made.end());
        break;
      }
    }
    FunctionCode code(params, results);
    code.name = std::move(name);
    functions_.push_back(std::move(code));
    queue_.push_back({role, entry->second, &from, &to, a, b});
  }
  return {false, entry->second};
}

Callee Builder::range(const Options& options) { return helper(Helper::kRange, options, options, {}, {}); }
Callee Builder::source(const Options& options, bool is_string) {
  return helper(is_string ? Helper::kSourceString : Helper::kSource, options, options, {}, {});
}
Callee Builder::allocate(const Options& options) { return helper(Helper::kAllocate, options, options, {}, {}); }
Callee Builder::string(const Options& from, const Options& to) { return helper(Helper::kString, from, to, {}, {}); }
Callee Builder::list(const Options& from, const Options& to, TypeUse a, TypeUse b) {
  return helper(Helper::kList, from, to, from.types->canonical(a), to.types->canonical(b));
}
Callee Builder::value(const Options& from, const Options& to, TypeUse a, TypeUse b) {
  return helper(Helper::kValue, from, to, from.types->canonical(a), to.types->canonical(b));
}

Callee Builder::flat_value(const Options& from, const Options& to, TypeUse a, TypeUse b) {
  return helper(Helper::kFlatValue, from, to, from.types->canonical(a), to.types->canonical(b));
}

bool Builder::generate_all() {
  const uint64_t before = code_size_;
  while (!queue_.empty() && !failed_) {
    const Work work = queue_.front();
    queue_.pop_front();
    generate(work);
    code_size_ += functions_[work.function].code.size();
    if (functions_[work.function].too_large() || code_size_ - before > kMaxCode) fail();
  }
  return !failed_;
}

void Builder::generate(const Work& work) {
  // A deque keeps its elements in place while functions are added.
  FunctionCode& code = functions_[work.function];
  if (work.role != Helper::kFlatValue && (!work.from->memory || !work.to->memory)) return fail();
  switch (work.role) {
    case Helper::kRange: return make_range(code, *work.from);
    case Helper::kSource:
    case Helper::kSourceString: return make_source(code, *work.from, work.role == Helper::kSourceString);
    case Helper::kAllocate: return make_allocate(code, *work.from);
    case Helper::kString: return make_string(*this, code, *work.from, *work.to);
    case Helper::kList: return make_list(code, *work.from, *work.to, work.a, work.b);
    case Helper::kValue:
      return Translator(*this, code, *work.from, *work.to)
          .value(work.a, work.b, Place::memory(code.param(0)), Place::memory(code.param(1)), true);
    case Helper::kFlatValue: {
      std::vector<Local> given, made;
      for (uint32_t i = 0; i < code.params.size(); ++i) given.push_back(code.param(i));
      for (const ValType type : code.results) made.push_back(code.local(type));
      Translator(*this, code, *work.from, *work.to).value(work.a, work.b, Place::flat(given), Place::flat(made), true);
      for (const Local local : made) code.get(local);
      return;
    }
  }
}

void Builder::trap(FunctionCode& code, AdapterTrap trap) {
  code.i32(static_cast<int64_t>(trap)).call(intrinsic(Intrinsic::Trap)).op(Op::unreachable);
}

void Builder::trap_if(FunctionCode& code, AdapterTrap trap) {
  code.if_();
  this->trap(code, trap);
  code.end();
}

void Builder::check_pointer(FunctionCode& code, const Options& options, Local pointer, Layout layout) {
  if (layout.alignment > 1) {
    code.get(pointer).convert(pointer.type, wasm::kI32).i32(layout.alignment - 1).op(Op::i32_and);
    trap_if(code, AdapterTrap::UnalignedPointer);
  }
  code.get(pointer).constant(pointer.type, layout.size);
  code.i32(static_cast<int64_t>(AdapterTrap::PointerOutOfBounds)).call(range(options));
}

// Lengths are computed in 64 bits; an address of 64 bits is compared with what the memory has beyond the length.
void Builder::make_range(FunctionCode& code, const Options& options) {
  const ValType pointer = options.pointer();
  const auto limit = [&] {
    code.memory_size(options.memory_index).convert(pointer, wasm::kI64);
    code.constant(wasm::kI64, options.memory->page_log2).op(Op::i64_shl);
  };
  if (pointer == wasm::kI32) {
    code.get(code.param(0)).op(Op::i64_extend_i32_u).get(code.param(1)).op(Op::i64_extend_i32_u).op(Op::i64_add);
    limit();
    code.op(Op::i64_gt_u);
  } else {
    const Local size = code.local(wasm::kI64);
    limit();
    code.tee(size).get(code.param(1)).op(Op::i64_lt_u);
    code.get(code.param(0)).get(size).get(code.param(1)).op(Op::i64_sub).op(Op::i64_gt_u).op(Op::i32_or);
  }
  code.if_().get(code.param(2)).call(intrinsic(Intrinsic::Trap)).op(Op::unreachable).end();
}

// CanonicalABI.md, `load_list_from_range` and `load_string_from_range`.
void Builder::make_source(FunctionCode& code, const Options& options, bool is_string) {
  const ValType pointer = options.pointer();
  const Local address = code.param(0), count = code.param(1), size = code.param(2), mask = code.param(3);
  const Local bytes = code.local(wasm::kI64);
  constexpr int64_t kLimit = kMaxValueSize - 1;  // also of lists and strings
  const AdapterTrap too_long = is_string ? AdapterTrap::StringTooLong : AdapterTrap::ListTooLong;
  code.get(count).constant(pointer, kLimit).op(pointer, Op::i32_gt_u, Op::i64_gt_u);
  trap_if(code, too_long);
  code.get(count).convert(pointer, wasm::kI64).get(size).op(Op::i64_extend_i32_u).op(Op::i64_mul);
  code.tee(bytes).constant(wasm::kI64, kLimit).op(Op::i64_gt_u);
  trap_if(code, too_long);
  code.get(address).convert(pointer, wasm::kI32).get(mask).op(Op::i32_and);
  trap_if(code, AdapterTrap::UnalignedPointer);
  code.get(address).get(bytes).convert(wasm::kI64, pointer);
  code.i32(
      static_cast<int64_t>(is_string ? AdapterTrap::StringContentOutOfBounds : AdapterTrap::ListContentOutOfBounds));
  code.call(range(options)).get(bytes).convert(wasm::kI64, pointer);
}

void Builder::make_allocate(FunctionCode& code, const Options& options) {
  if (!options.realloc) return fail();
  const ValType pointer = options.pointer();
  const Local result = code.local(pointer), alignment = code.param(2), size = code.param(3);
  // It runs on a thread of its own, with storage of its own.
  if (options.sees_tasks) code.call(enter_call(options.instance));
  for (uint32_t i = 0; i < 4; ++i) code.get(code.param(i));
  code.call(core_func(*options.realloc, {{pointer, pointer, pointer, pointer}, {pointer}})).set(result);
  if (options.sees_tasks) code.call(intrinsic(Intrinsic::ExitCall));
  code.get(result).get(alignment).constant(pointer, 1).op(pointer, Op::i32_sub, Op::i64_sub);
  code.op(pointer, Op::i32_and, Op::i64_and).convert(pointer, wasm::kI32);
  trap_if(code, AdapterTrap::UnalignedPointer);
  code.get(result).get(size).i32(static_cast<int64_t>(AdapterTrap::ReallocOutOfBounds)).call(range(options));
  code.get(result);
}

void Builder::make_list(FunctionCode& code, const Options& from, const Options& to, TypeUse a, TypeUse b) {
  const ValType f = from.pointer(), t = to.pointer();
  const Shape x = Shape::of(*from.types, a), y = Shape::of(*to.types, b);
  if (!x.type || !y.type || x.kind != y.kind) return fail();
  // The elements of a map are pairs.
  const auto layout = [&](const Options& options, const DefinedType& list) {
    Layout element = options.types->layout(list.first, options.address);
    if (list.kind == TypeKind::List) return element;
    const Layout value = options.types->layout(list.second, options.address);
    const uint32_t alignment = std::max(element.alignment, value.alignment);
    const auto align = [](uint32_t n, uint32_t to) { return (n + to - 1) & ~(to - 1); };
    return Layout{align(align(element.size, value.alignment) + value.size, alignment), alignment};
  };
  const Layout from_layout = layout(from, *x.type), to_layout = layout(to, *y.type);
  if (from_layout.size == 0 || to_layout.size == 0) return fail();
  const bool plain = x.kind == TypeKind::List && from_layout.size == to_layout.size &&
                     is_plain(*from.types, x.type->first) && is_plain(*to.types, y.type->first);

  const Local source = code.param(0), count = code.param(1);
  const Local target = code.local(t), bytes = code.local(f);
  code.get(source).get(count).i32(from_layout.size).i32(from_layout.alignment - 1);
  code.call(this->source(from, false)).set(bytes);
  code.constant(t, 0).constant(t, 0).constant(t, to_layout.alignment);
  code.get(count).convert(f, t).constant(t, to_layout.size).mul(t);
  code.call(allocate(to)).set(target);
  if (plain) {
    const ValType length = f == wasm::kI64 && t == wasm::kI64 ? wasm::kI64 : wasm::kI32;
    code.get(target).get(source).get(bytes).convert(f, length).memory_copy(to.memory_index, from.memory_index);
    code.get(target);
    return;
  }
  const Local cursor = code.local(t), end = code.local(f);
  Translator translator(*this, code, from, to);
  // Copies up to `end`, `elements` in each round. It may be the end of all addresses: then it is 0, and so is the
  // source.
  const auto loop = [&](uint32_t elements) {
    code.block().get(source).get(end).op(f, Op::i32_eq, Op::i64_eq).br_if(0).loop();
    for (uint32_t i = 0; i < elements; ++i) {
      const Place read = Place::memory(source, uint64_t{i} * from_layout.size);
      const Place written = Place::memory(cursor, uint64_t{i} * to_layout.size);
      if (x.kind == TypeKind::List) translator.value(x.type->first, y.type->first, read, written);
      else translator.pair(*x.type, *y.type, read, written);
    }
    code.get(cursor).constant(t, int64_t{elements} * to_layout.size).add(t).set(cursor);
    code.get(source).constant(f, int64_t{elements} * from_layout.size).add(f).tee(source);
    code.get(end).op(f, Op::i32_ne, Op::i64_ne).br_if(0).end().end();
  };
  code.get(target).set(cursor);
  if (x.kind == TypeKind::List && !from.types->flags(x.type->first).pointer &&
      cost(*from.types, x.type->first) <= kUnrolledCost) {
    code.get(source).get(count).constant(f, -int64_t{kUnrolled}).op(f, Op::i32_and, Op::i64_and);
    code.constant(f, from_layout.size).mul(f).add(f).set(end);
    loop(kUnrolled);
    code.get(source).get(count).constant(f, kUnrolled - 1).op(f, Op::i32_and, Op::i64_and);
    code.constant(f, from_layout.size).mul(f).add(f).set(end);
  } else {
    code.get(source).get(bytes).add(f).set(end);
  }
  loop(1);
  code.get(target);
}

// ---- Facts about types

const Builder::Facts& Builder::facts(const Types& types, DefinedId id) {
  const auto known = facts_.find({&types, id});
  if (known != facts_.end()) return known->second;
  const DefinedType& type = types.defined[id];
  Facts facts;
  uint64_t cost = 2;
  switch (type.kind) {
    case TypeKind::Primitive:
      facts.plain = is_plain(types, type.primitive);
      cost = this->cost(types, type.primitive);
      break;
    case TypeKind::Record:
    case TypeKind::Tuple: {
      uint64_t size = 0;
      facts.plain = true;
      cost = 0;
      for (const Field& field : type.fields) {
        facts.plain = facts.plain && is_plain(types, field.type);
        size += types.layout(field.type, AddressType::k32).size;
        cost += this->cost(types, field.type);
      }
      facts.plain = facts.plain && size == type.layout[0].size;
      break;
    }
    case TypeKind::FixedList:
      facts.plain = is_plain(types, type.first);
      cost = 12 + this->cost(types, type.first);
      break;
    case TypeKind::Flags:
      facts.plain = type.fields.size() == 8 * size_t{type.layout[0].size};
      cost = 4;
      break;
    case TypeKind::Enum: cost = 10; break;
    case TypeKind::Variant:
      cost = 10 + type.fields.size() / 8;
      for (const Field& field : type.fields)
        if (!field.type.is_none()) cost += 4 + this->cost(types, field.type);
      break;
    case TypeKind::Option:
    case TypeKind::Result: cost = 12 + this->cost(types, type.first) + this->cost(types, type.second); break;
    case TypeKind::List:
    case TypeKind::Map: cost = 8; break;
    default: cost = 4; break;
  }
  if (facts.plain) cost = 6;
  facts.cost = static_cast<uint32_t>(std::min<uint64_t>(cost, kMaxCost));
  return facts_.emplace(std::pair(&types, id), facts).first->second;
}

bool Builder::is_plain(const Types& types, TypeUse use) {
  if (use.is_index()) return facts(types, use.index()).plain;
  if (use.is_none()) return false;
  switch (use.primitive()) {
    case Primitive::Bool:
    case Primitive::Char:
    case Primitive::String:
    case Primitive::ErrorContext: return false;
    default: return true;
  }
}

uint32_t Builder::cost(const Types& types, TypeUse use) {
  if (use.is_index()) return facts(types, use.index()).cost;
  if (use.is_none()) return 0;
  switch (use.primitive()) {
    case Primitive::Char: return 12;
    case Primitive::String: return 10;
    default: return 3;
  }
}

// ---- The end

void Builder::undo(const Snapshot& mark) {
  options_.resize(mark.options);
  imports_.resize(mark.imports);
  functions_.resize(mark.functions);
  memories_ = mark.memories;
  globals_ = mark.globals;
  imported_functions_ = mark.imported_functions;
  code_size_ = mark.code;
  std::erase_if(import_index_, [&](const auto& entry) {
    switch (std::get<0>(entry.first)) {
      case AdapterImport::Kind::kMemory: return entry.second >= memories_;
      case AdapterImport::Kind::kFlags: return entry.second >= globals_;
      default: return entry.second >= imported_functions_;
    }
  });
  std::erase_if(helpers_, [&](const auto& entry) { return entry.second >= functions_.size(); });
  queue_.clear();
  failed_ = false;
}

}  // namespace ermine::component::adapter
