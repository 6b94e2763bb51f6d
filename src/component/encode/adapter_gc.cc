// See adapter_gc.h.
//
// Types are kept as they are, so that only functions and globals get new indices. The names __stack_pointer and
// allocation_state are those of the adapters of wasm-tools: an adapter with the second one, a state of 0, may call the
// main module's realloc while that calls the adapter; then the stack is allocated when an export is first called.
#include "component/encode/adapter_gc.h"

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/format.h"
#include "binary/encoder.h"
#include "binary/instr_reader.h"
#include "component/encode/core_types.h"
#include "component/encode/sections.h"

namespace ermine::component {
namespace {

using binary::ByteBuffer;
using binary::Instr;
using binary::InstrReader;
using wasm::ExternKind;
using wasm::Imm;
using wasm::Op;

constexpr uint32_t kStackSize = 65'536;  // one page
constexpr uint32_t kStackAlignment = 8;
constexpr uint32_t kUnallocated = 0, kAllocating = 1, kAllocated = 2;
constexpr std::string_view kMainModule = "__main_module__";
constexpr uint8_t kI32Code = 0x7F, kFuncTypeCode = 0x60, kEmptyBlock = 0x40;
constexpr uint8_t kGlobalNames = 7;  // a subsection of the name section
constexpr uint32_t kNone = ~uint32_t{0};

// A function body that is written here.
class Body {
 public:
  explicit Body(bool has_local) {
    bytes_.leb(has_local ? 1 : 0);
    if (has_local) {
      bytes_.leb(1);
      bytes_.u8(kI32Code);
    }
  }
  Body& op(Op op) {
    bytes_.opcode(op);
    return *this;
  }
  Body& op(Op op, uint32_t index) {
    bytes_.opcode(op);
    bytes_.leb(index);
    return *this;
  }
  Body& constant(int32_t value) {
    bytes_.opcode(Op::i32_const);
    bytes_.sleb(value);
    return *this;
  }
  Body& begin_if() {
    bytes_.opcode(Op::if_);
    bytes_.u8(kEmptyBlock);
    return *this;
  }
  Body& trap_if() { return begin_if().op(Op::unreachable).op(Op::end); }
  ByteBuffer finish() {
    bytes_.opcode(Op::end);
    return std::move(bytes_);
  }

 private:
  ByteBuffer bytes_;
};

// realloc(0, 0, align, one page) by memory.grow; anything else traps.
ByteBuffer grow_body() {
  Body b(true);
  b.op(Op::local_get, 0).trap_if();
  b.op(Op::local_get, 1).trap_if();
  b.op(Op::local_get, 3).constant(kStackSize).op(Op::i32_ne).trap_if();
  b.constant(1).op(Op::memory_grow, 0).op(Op::local_tee, 4).constant(-1).op(Op::i32_eq).trap_if();
  b.op(Op::local_get, 4).constant(16).op(Op::i32_shl);
  return b.finish();
}

ByteBuffer allocate_body(uint32_t realloc, uint32_t stack_pointer, std::optional<uint32_t> state) {
  Body b(false);
  if (state)
    b.op(Op::global_get, *state)
        .constant(kUnallocated)
        .op(Op::i32_eq)
        .begin_if()
        .constant(kAllocating)
        .op(Op::global_set, *state);
  b.constant(0).constant(0).constant(kStackAlignment).constant(kStackSize).op(Op::call, realloc);
  b.constant(kStackSize).op(Op::i32_add).op(Op::global_set, stack_pointer);
  if (state) b.constant(kAllocated).op(Op::global_set, *state).op(Op::end);
  return b.finish();
}

class Reducer {
 public:
  Reducer(const wasm::Module& module, std::string_view realloc) : module_(module), realloc_(realloc) {}

  Result<std::vector<uint8_t>> run(const std::vector<std::string_view>& exports);

 private:
  static Error unsupported(std::string what) {
    return Error(ErrorKind::kUnsupported, "adapters with " + std::move(what) + " are not supported");
  }
  Result<void> check() const;
  Result<void> mark(const std::vector<std::string_view>& exports);
  Result<void> mark_code(uint32_t offset, uint32_t size);
  void mark_func(uint32_t index) { mark_item(funcs_, index, false); }
  void mark_global(uint32_t index) { mark_item(globals_, index, true); }
  void mark_item(std::vector<bool>& used, uint32_t index, bool is_global) {
    if (!used[index]) work_.push_back({index, is_global});
    used[index] = true;
  }
  bool is_realloc(uint32_t function) const;
  std::optional<uint32_t> find_global(std::string_view name) const;

  uint32_t add_type(unsigned params, unsigned results);
  void plan();
  ByteBuffer copy_code(uint32_t offset, uint32_t size) const;
  ByteBuffer body(uint32_t function) const;
  void write_types(ByteBuffer& out) const;
  void write_imports(ByteBuffer& out) const;
  std::vector<uint8_t> write() const;

  const wasm::Module& module_;
  const std::string_view realloc_;
  std::vector<const wasm::Export*> exports_;
  std::set<uint32_t> exported_funcs_;
  std::vector<bool> funcs_, globals_;  // used
  bool memory_ = false;
  struct Work {
    uint32_t index;
    bool is_global;
  };
  std::vector<Work> work_;
  std::vector<const wasm::Import*> func_imports_;  // by index

  // The result.
  std::unordered_map<uint32_t, uint32_t> new_func_, new_global_;
  struct NewFunction {
    uint32_t type;
    uint32_t old = kNone;  // of the adapter; kNone: `body`
    ByteBuffer body;
  };
  std::vector<uint32_t> imported_;  // functions of the adapter
  bool adds_realloc_import_ = false;
  uint32_t realloc_type_ = kNone;
  std::vector<NewFunction> defined_;
  ByteBuffer added_types_;
  uint32_t added_type_count_ = 0;
  uint32_t lazy_init_ = kNone, start_ = kNone;
};

Result<void> Reducer::check() const {
  if (!module_.tags.empty()) return unsupported("tags");
  if (!module_.elems.empty()) return unsupported("element segments");
  if (!module_.data.empty()) return unsupported("data segments");
  if (module_.start) return unsupported("a start function");
  if (module_.memories.size() > 1) return unsupported("several memories");
  return {};
}

bool Reducer::is_realloc(uint32_t function) const {
  if (!module_.is_imported_function(function)) return false;
  const wasm::Import& found = *func_imports_[function];
  return found.module == kMainModule && (found.name == "cabi_realloc" || found.name == "canonical_abi_realloc");
}

Result<void> Reducer::mark_code(uint32_t offset, uint32_t size) {
  InstrReader in(module_, offset, size);
  Instr instr;
  while (in.next(instr)) {
    switch (wasm::op_info(instr.op).imm) {
      case Imm::Func: mark_func(instr.index); break;
      case Imm::Global: mark_global(instr.index); break;
      case Imm::MemArg:
      case Imm::MemArgLane:
      case Imm::Memory:
      case Imm::MemoryMemory: memory_ = true; break;
      case Imm::TypeTable:
      case Imm::Table:
      case Imm::TableTable: return unsupported("tables");
      default: break;
    }
  }
  if (in.failed()) return in.take_error();
  return {};
}

Result<void> Reducer::mark(const std::vector<std::string_view>& exports) {
  for (const wasm::Import& one : module_.imports)
    if (one.kind == ExternKind::kFunc) func_imports_.push_back(&one);
  funcs_.resize(module_.functions.size());
  globals_.resize(module_.globals.size());
  std::unordered_map<std::string_view, const wasm::Export*> by_name;
  for (const wasm::Export& e : module_.exports) by_name.emplace(e.name, &e);
  for (const std::string_view name : exports) {
    const auto named = by_name.find(name);
    if (named == by_name.end())
      return Error(ErrorKind::kInvalid,
                   base::format("the adapter does not export '{}', which the module imports", name));
    const wasm::Export* found = std::exchange(named->second, nullptr);
    if (found == nullptr) continue;  // it is named again
    exports_.push_back(found);
    switch (found->kind) {
      case ExternKind::kFunc:
        mark_func(found->index);
        exported_funcs_.insert(found->index);
        break;
      case ExternKind::kGlobal: mark_global(found->index); break;
      case ExternKind::kMemory: memory_ = true; break;
      default: return unsupported("exported tables");
    }
  }
  while (!work_.empty()) {
    const Work next = work_.back();
    work_.pop_back();
    if (next.is_global) {
      const wasm::ConstExpr& init = module_.globals[next.index].init;
      if (init.size > 0) ERMINE_TRY(mark_code(init.offset, init.size));
      continue;
    }
    if (module_.is_imported_function(next.index)) continue;
    const wasm::Function& f = module_.functions[next.index];
    ERMINE_ASSIGN(const uint32_t code, binary::read_locals(module_, f, [](uint32_t, wasm::ValType) {}));
    ERMINE_TRY(mark_code(code, f.body_offset + f.body_size - code));
  }
  if (memory_ && module_.imported_memories == 0) return unsupported("a memory of their own");
  return {};
}

std::optional<uint32_t> Reducer::find_global(std::string_view name) const {
  for (const wasm::CustomSection& custom : module_.customs) {
    if (custom.name != "name") continue;
    binary::Reader in(custom.bytes, 0, custom.bytes.size(), wasm::FeatureSet::all());
    while (in.ok() && !in.at_end()) {
      const uint8_t id = in.byte();
      const uint32_t size = in.u32();
      if (!in.ok() || size > in.left()) break;
      const uint32_t end = in.offset() + size;
      if (id == kGlobalNames)
        for (uint32_t left = in.u32(); in.ok() && left > 0; --left) {
          const uint32_t index = in.u32();
          if (in.name() != name || !in.ok() || index >= globals_.size() || !globals_[index]) continue;
          const wasm::GlobalType& type = module_.globals[index].type;
          if (type.is_mutable && type.type == wasm::kI32) return index;
        }
      if (in.ok()) in.seek(end);
    }
  }
  return {};
}

uint32_t Reducer::add_type(unsigned params, unsigned results) {
  added_types_.u8(kFuncTypeCode);
  for (const unsigned count : {params, results}) {
    added_types_.leb(count);
    for (unsigned i = 0; i < count; ++i) added_types_.u8(kI32Code);
  }
  return static_cast<uint32_t>(module_.types.size()) + added_type_count_++;
}

// Chooses the functions of the result and their indices.
void Reducer::plan() {
  const std::optional<uint32_t> stack_pointer = find_global("__stack_pointer"), state = find_global("allocation_state");
  uint32_t next_global = 0;
  for (uint32_t i = 0; i < globals_.size(); ++i)
    if (globals_[i]) new_global_[i] = next_global++;
  const auto global = [&](std::optional<uint32_t> old) {
    return old ? std::optional<uint32_t>(new_global_[*old]) : std::nullopt;
  };

  uint32_t next = 0, realloc = kNone;
  std::vector<uint32_t> defined;
  for (uint32_t i = 0; i < funcs_.size(); ++i) {
    if (!funcs_[i]) continue;
    if (!module_.is_imported_function(i) || (is_realloc(i) && realloc_.empty())) {
      defined.push_back(i);
      continue;
    }
    if (is_realloc(i)) realloc = next;
    imported_.push_back(i);
    new_func_[i] = next++;
  }
  if (stack_pointer && memory_ && !realloc_.empty() && realloc == kNone) {
    adds_realloc_import_ = true;
    realloc_type_ = add_type(4, 1);
    realloc = next++;
  }
  const auto add = [&](uint32_t type, ByteBuffer body) {
    defined_.push_back({type, kNone, std::move(body)});
    return next++;
  };
  for (const uint32_t i : defined) {
    if (is_realloc(i)) {
      realloc = new_func_[i] = add(module_.functions[i].type_index, grow_body());
    } else {
      defined_.push_back({module_.functions[i].type_index, i, {}});
      new_func_[i] = next++;
    }
  }
  if (!stack_pointer || !memory_) return;
  const bool is_lazy = state && !realloc_.empty();
  if (!is_lazy && (realloc == kNone || !state)) realloc = add(add_type(4, 1), grow_body());
  const uint32_t init = add(add_type(0, 0), allocate_body(realloc, *global(stack_pointer), global(state)));
  (is_lazy ? lazy_init_ : start_) = init;
}

// Instructions with new indices; the others as they are.
ByteBuffer Reducer::copy_code(uint32_t offset, uint32_t size) const {
  ByteBuffer out;
  InstrReader in(module_, offset, size);
  Instr instr;
  while (in.next(instr)) {
    const Imm imm = wasm::op_info(instr.op).imm;
    if (imm == Imm::Func || imm == Imm::Global) {
      out.opcode(instr.op);
      out.leb((imm == Imm::Func ? new_func_ : new_global_).at(instr.index));
    } else {
      out.bytes(module_.bytes.subspan(instr.offset, in.offset() - instr.offset));
    }
  }
  return out;
}

ByteBuffer Reducer::body(uint32_t function) const {
  const wasm::Function& f = module_.functions[function];
  const Result<uint32_t> code = binary::read_locals(module_, f, [](uint32_t, wasm::ValType) {});
  ByteBuffer out;
  out.bytes(module_.bytes.subspan(f.body_offset, *code - f.body_offset));
  if (lazy_init_ != kNone && exported_funcs_.contains(function)) {
    out.opcode(Op::call);
    out.leb(lazy_init_);
  }
  out.bytes(copy_code(*code, f.body_offset + f.body_size - *code).view());
  return out;
}

void Reducer::write_types(ByteBuffer& out) const {
  uint32_t groups = 0;
  std::span<const uint8_t> kept;
  for (const RawSection& section : raw_sections(module_.bytes)) {
    if (section.id != 1) continue;
    binary::Reader in(section.contents, 0, section.contents.size(), wasm::FeatureSet::all());
    groups = in.u32();
    kept = section.contents.subspan(in.offset());
  }
  out.leb(groups + added_type_count_);
  out.bytes(kept);
  out.bytes(added_types_.view());
}

// The imports that are not functions are copied as they are: they have no indices of types that change.
void Reducer::write_imports(ByteBuffer& out) const {
  uint32_t count = 0;
  ByteBuffer body;
  const auto begin = [&](std::string_view module, std::string_view name, uint8_t kind) {
    ++count;
    body.name(module);
    body.name(name);
    body.u8(kind);
  };
  for (const wasm::Import& one : module_.imports) {
    if (one.kind == ExternKind::kMemory && memory_) {
      begin(one.module, one.name, 0x02);
      write_memory_type(body, module_.memories[one.index]);
    } else if (one.kind == ExternKind::kGlobal && globals_[one.index]) {
      const wasm::GlobalType& type = module_.globals[one.index].type;
      begin(one.module, one.name, 0x03);
      body.u8(number_code(type.type));
      body.u8(type.is_mutable ? 1 : 0);
    }
  }
  for (const uint32_t i : imported_) {
    const wasm::Import* one = func_imports_[i];
    begin(one->module, is_realloc(i) ? realloc_ : one->name, 0x00);
    body.leb(module_.functions[i].type_index);
  }
  if (adds_realloc_import_) {
    begin(kMainModule, realloc_, 0x00);
    body.leb(realloc_type_);
  }
  out.leb(count);
  out.bytes(body.view());
}

std::vector<uint8_t> Reducer::write() const {
  ByteBuffer out;
  out.bytes(module_.bytes.first(8));
  const auto section = [&](uint8_t id, const ByteBuffer& body) {
    out.u8(id);
    out.leb(body.size());
    out.bytes(body.view());
  };
  ByteBuffer types, imports, functions, globals, exports, code;
  write_types(types);
  write_imports(imports);
  functions.leb(defined_.size());
  code.leb(defined_.size());
  for (const NewFunction& f : defined_) {
    functions.leb(f.type);
    const ByteBuffer body_bytes = f.old == kNone ? f.body : body(f.old);
    code.leb(body_bytes.size());
    code.bytes(body_bytes.view());
  }
  uint32_t global_count = 0;
  ByteBuffer global_bytes;
  for (uint32_t i = module_.imported_globals; i < globals_.size(); ++i) {
    if (!globals_[i]) continue;
    ++global_count;
    const wasm::Global& g = module_.globals[i];
    // The bytes up to the initial value are the type.
    global_bytes.bytes(module_.bytes.subspan(g.entry_offset, g.init.offset - g.entry_offset));
    global_bytes.bytes(copy_code(g.init.offset, g.init.size).view());
  }
  globals.leb(global_count);
  globals.bytes(global_bytes.view());
  exports.leb(exports_.size());
  for (const wasm::Export* e : exports_) {
    exports.name(e->name);
    const bool is_func = e->kind == ExternKind::kFunc, is_global = e->kind == ExternKind::kGlobal;
    exports.u8(is_func ? 0x00 : is_global ? 0x03 : 0x02);
    exports.leb(is_func ? new_func_.at(e->index) : is_global ? new_global_.at(e->index) : 0);
  }
  section(1, types);
  section(2, imports);
  section(3, functions);
  section(6, globals);
  section(7, exports);
  if (start_ != kNone) {
    ByteBuffer start;
    start.leb(start_);
    section(8, start);
  }
  section(10, code);
  for (const RawSection& raw : raw_sections(module_.bytes))
    if (raw.id == 0 && raw.name == "producers") out.bytes(raw.whole);
  return out.take();
}

Result<std::vector<uint8_t>> Reducer::run(const std::vector<std::string_view>& exports) {
  ERMINE_TRY(check());
  ERMINE_TRY(mark(exports));
  for (const wasm::Import& one : module_.imports) {
    if (one.kind != ExternKind::kGlobal || !globals_[one.index]) continue;
    if (!module_.globals[one.index].type.type.is_num()) return unsupported("imported globals of reference types");
  }
  plan();
  return write();
}

}  // namespace

Result<std::vector<uint8_t>> reduce_adapter(const wasm::Module& adapter, const std::vector<std::string_view>& exports,
                                            std::string_view main_realloc) {
  return Reducer(adapter, main_realloc).run(exports);
}

}  // namespace ermine::component
