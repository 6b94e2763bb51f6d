// The verifier of optimised code: calls of handlers and of functions, with one thing wrong each. On x86-64 only.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "interp/tier.h"
#include "ir/decoded.h"
#include "ir/translator.h"
#include "runtime/offsets.h"
#include "text/text.h"
#include "verify/optimized/verifier.h"
#include "wasm/type_registry.h"

#if defined(__x86_64__)

namespace ermine::verify::optimized {
namespace {

using ir::IrOp;

constexpr std::string_view kCalling = R"((module
  (memory 1)
  (func $callee (param i32) (result i32) (local.get 0))
  (func $other (param i32) (result i32) (local.get 0))
  (func $f (param i32 i32)
    (memory.fill (local.get 0) (i32.const 1) (local.get 1))
    (drop (call $callee (local.get 0))))
  (func $tail (param i32 i32) (result i32) (return_call $callee (local.get 1)))
))";
constexpr uint32_t kFunction = 2, kTail = 3;
// $f and $other are functions of another instance, of kLibrary.
constexpr std::string_view kImporting = R"((module
  (import "library" "add" (func $f (param i32) (result i32)))
  (import "library" "add" (func $other (param i32) (result i32)))
  (memory 1)
  (func $g (param i32) (drop (call $f (local.get 0))))
))";
constexpr std::string_view kLibrary = R"((module
  (global $n (mut i32) (i32.const 0)) (global $m (mut i32) (i32.const 0))
  (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (global.get $n)))
))";
constexpr uint32_t kImporter = 2;
constexpr uint64_t kCallTable = 0x10000000, kRegisterTable = 0x11000000;

struct Calling {
  explicit Calling(uint32_t func_index, std::string_view text = kCalling) : func_index(func_index) {
    auto parsed = text::parse(text, {.features = wasm::FeatureSet::all(), .file_name = "calls"});
    if (!parsed) throw std::runtime_error(parsed.error().to_string());
    bytes = *std::move(parsed);
    auto decoded_module =
        binary::decode(bytes, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all());
    if (!decoded_module) throw std::runtime_error(decoded_module.error().to_string());
    module = *std::move(decoded_module);
    if (auto valid = binary::validate(*module, {}); !valid) throw std::runtime_error(valid.error().to_string());
    funcs = std::vector<runtime::FuncCode>(module->functions.size() - module->imported_functions);
    for (uint32_t i = 0; i < funcs.size(); ++i) funcs[i].func_index = module->imported_functions + i;
    ir::Translator translator(*module, interp::handlers(), funcs.data());
    auto translated = translator.translate(func_index, {.pairs = false});
    if (!translated) throw std::runtime_error(translated.error().to_string());
    function = *std::move(translated);
    ir::decode_ir(function.code, ir::HandlerIndex(interp::handlers()), decoded);
  }
  const ir::IrInstr& find(IrOp op) const {
    for (const ir::IrInstr& i : decoded.instrs)
      if (ir::ir_info(i.code).kind == ir::CodeInfo::kIr && ir::ir_info(i.code).ir() == op) return i;
    throw std::runtime_error("the instruction is not there");
  }

  const uint32_t func_index;
  std::vector<uint8_t> bytes;
  std::shared_ptr<const wasm::Module> module;
  std::vector<runtime::FuncCode> funcs;
  ir::FunctionCode function;
  ir::DecodedFunction decoded;
};

uint64_t handler_of(ir::OpCode code) { return reinterpret_cast<uint64_t>(interp::handlers()[code]); }
uint64_t handler_of(IrOp op) { return handler_of(ir::code_of(op)); }

// Code, and one record behind it.
class Assembly {
 public:
  explicit Assembly(const Calling& of) : of_(of) {}
  void put(std::initializer_list<uint8_t> bytes) { code_.insert(code_.end(), bytes); }
  template <class T>
  void number(T v) {
    code_.resize(code_.size() + sizeof v);
    std::memcpy(code_.data() + code_.size() - sizeof v, &v, sizeof v);
  }
  // What functions begin with. `slots`: of the frame.
  void enter(uint32_t slots) {
    put({0x49, 0x8b, 0x46, 0x10, 0x49, 0x8d, 0x8d});  // mov rax, [r14+0x10]; lea rcx, [r13+8*slots]
    number(8 * slots);
    // cmp rcx, [rax]; ja fail; mov rcx, r13; shr rcx, 1; lea rdx, [rsp]; lea rcx, [rcx+rdx-0x4000]; cmp rcx, [rax+0x20]
    put({0x48, 0x3b, 0x08, 0x77, 0x1a, 0x4c, 0x89, 0xe9, 0x48, 0xd1, 0xe9, 0x48, 0x8d, 0x14, 0x24});
    put({0x48, 0x8d, 0x8c, 0x11, 0x00, 0xc0, 0xff, 0xff, 0x48, 0x3b, 0x48, 0x20});
    put({0x72, 0x02, 0xeb, 0x02, 0x0f, 0x0b});  // jb fail; jmp on; fail: ud2; on:
    put({0x41, 0x55});  // push r13
  }
  void record_address(uint8_t rex, uint8_t to) {  // lea r12 or rax or rcx, [rip+record]
    put({rex, 0x8d, to});
    number(static_cast<uint32_t>(kRecord + 8 - (code_.size() + 4)));
  }
  void leave() { put({0x41, 0x5d, 0xc3}); }  // pop r13; ret

  std::string verify(std::vector<uint64_t> record, std::span<const tiering::MachineCode::Inlined> inlined = {},
                     const std::function<tiering::ImportedFunc(uint32_t)>& imported = {}) {
    code_.resize(kRecord, 0xcc);
    for (const uint64_t unit : record) number(unit);
    const tiering::Surroundings in{.module = *of_.module,
                                   .funcs = of_.funcs.data(),
                                   .call_table = reinterpret_cast<const uint8_t*>(kCallTable),
                                   .register_table = reinterpret_cast<const uint8_t*>(kRegisterTable),
                                   .callee = {},
                                   .imported = imported};
    return optimized::verify({.bytes = code_,
                              .code_size = kRecord,
                              .register_entry = 0,
                              .entry = 0,
                              .state = {},
                              .positions = {},
                              .inlined = inlined},
                             {.in = in,
                              .function = of_.function,
                              .func_index = of_.func_index,
                              .host = interp::interpreter(),
                              .note_old_object = nullptr,
                              .cell = {}});
  }

 private:
  static constexpr uint32_t kRecord = 0x100;
  const Calling& of_;
  std::vector<uint8_t> code_;
};

std::vector<uint64_t> record_of(const ir::IrInstr& instr) {
  std::vector<uint64_t> record{instr.at};
  record.insert(record.end(), instr.pc, instr.pc + ir::units_of(instr.code));
  return record;
}

// --- Handlers

struct HandlerCall {
  std::vector<uint8_t> before;  // in front of the call
  bool checks = true;
  uint64_t handler = 0;  // 0: the instruction's
  std::function<void(std::vector<uint64_t>&)> change;
};

std::string call_handler(const HandlerCall& call) {
  static const Calling calling(kFunction);
  const ir::IrInstr& instr = calling.find(IrOp::builtin);
  Assembly a(calling);
  if (call.checks) a.enter(calling.function.frame_slots);
  else a.put({0x41, 0x55});
  a.record_address(0x4c, 0x25);
  a.put({0x48, 0xb8});  // mov rax, handler
  a.number(call.handler != 0 ? call.handler : handler_of(instr.code));
  for (const uint8_t byte : call.before) a.put({byte});
  a.put({0xff, 0xd0});  // call rax
  a.leave();
  std::vector<uint64_t> record = record_of(instr);
  record[1] = handler_of(instr.code);
  record.push_back(handler_of(IrOp::ret));
  if (call.change) call.change(record);
  return a.verify(record);
}

TEST(OptimizedCalls, OfHandlers) {
  EXPECT_EQ(call_handler({}), "");
  const std::map<std::string_view, HandlerCall> wrong{
      {"the frame", {.before = {0x49, 0x83, 0xc5, 0x08}}},  // add r13, 8
      {"the context", {.before = {0x4d, 0x8b, 0x36}}},  // mov r14, [r14]
      {"the memory", {.before = {0x45, 0x31, 0xff}}},  // xor r15d, r15d
      {"behind the memory's base", {.before = {0x49, 0xff, 0xc7}}},  // inc r15
      {"the record", {.before = {0x49, 0x83, 0xc4, 0x08}}},  // add r12, 8
      {"no record", {.before = {0x4d, 0x89, 0xf4}}},  // mov r12, r14
      {"the handler", {.before = {0x48, 0xff, 0xc0}}},  // inc rax
      {"the function's header", {.before = {0x49, 0xc7, 0x45, 0x10, 0, 0, 0, 0}}},  // mov qword ptr [r13+0x10], 0
      {"half of the header", {.before = {0x41, 0xc7, 0x45, 0x1c, 0, 0, 0, 0}}},  // mov dword ptr [r13+0x1c], 0
      {"before the frame is checked", {.checks = false}},
      {"another handler", {.handler = handler_of(IrOp::trap)}},
      {"of another instruction", {.change = [](auto& r) { r[0] = 0; }}},
      {"of no instruction", {.change = [](auto& r) { r[0] = 1'000'000; }}},
      {"other operands", {.change = [](auto& r) { r[2] ^= 1; }}},
      {"more of them", {.change = [](auto& r) { r[4] ^= uint64_t{1} << 40; }}},
      {"a record of another handler", {.change = [](auto& r) { r[1] = handler_of(IrOp::trap); }}},
      {"it continues elsewhere", {.change = [](auto& r) { r.back() = handler_of(IrOp::trap); }}},
      {"it does not end", {.change = [](auto& r) { r.pop_back(); }}},
  };
  for (const auto& [what, call] : wrong) EXPECT_NE(call_handler(call), "") << what;
}

// --- Functions

struct FunctionCall {
  int callee = 0;  // offset of what is wrong, in entries of the table
  int frame = 0, header = 0;  // slots
  bool stores_pc = true, stores_context = true, checks = true;
  std::vector<uint8_t> before;
  std::function<void(std::vector<uint64_t>&)> change;
};

std::string call_function(const FunctionCall& call) {
  static const Calling calling(kFunction);
  const ir::IrInstr& instr = calling.find(IrOp::call);
  const int frame = 8 * (ir::field<uint16_t>(instr.pc, 0) + call.frame),
            header = 8 * (ir::field<uint16_t>(instr.pc, 0) + ir::field<uint16_t>(instr.pc, 2) + call.header);
  Assembly a(calling);
  if (call.checks) a.enter(calling.function.frame_slots);
  else a.put({0x41, 0x55});
  a.record_address(0x48, 0x05);  // rax
  if (call.stores_pc) a.put({0x49, 0x89, 0x85}), a.number(header);  // mov [r13+header], rax
  if (call.stores_context) a.put({0x4d, 0x89, 0xb5}), a.number(header + 8);  // mov [r13+header+8], r14
  a.put({0x4d, 0x8d, 0xad}), a.number(frame);  // lea r13, [r13+frame]
  a.put({0x48, 0xb9}), a.number(kCallTable + 8 * static_cast<uint64_t>(call.callee));  // mov rcx, entry
  for (const uint8_t byte : call.before) a.put({byte});
  a.put({0xff, 0x11});  // call [rcx]
  a.leave();
  std::vector<uint64_t> record = record_of(instr);
  if (call.change) call.change(record);
  const std::string problem = a.verify(record);
  // An entry that is loaded is not compared with null: all have code, or a stub.
  return problem;
}

TEST(OptimizedCalls, OfFunctions) {
  EXPECT_EQ(call_function({}), "");
  const std::map<std::string_view, FunctionCall> wrong{
      {"another function", {.callee = 1}},
      {"an entry outside of the table", {.callee = 100}},
      {"the frame is a slot behind", {.frame = 1}},
      {"the frame is the caller's", {.frame = -100}},
      {"the header is a slot behind", {.header = 1}},
      {"the header has no pc", {.stores_pc = false}},
      {"the header has no context", {.stores_context = false}},
      {"before the frame is checked", {.checks = false}},
      {"another context", {.before = {0x4d, 0x8b, 0x76, 0x10}}},  // mov r14, [r14+0x10]
      {"another memory", {.before = {0x45, 0x31, 0xff}}},  // xor r15d, r15d
      {"the callee is not identified", {.before = {0x31, 0xc0}}},  // xor eax, eax
      {"the record of another instruction", {.change = [](auto& r) { r[0] = 0; }}},
      {"a record with other operands", {.change = [](auto& r) { r[2] ^= 1; }}},
      {"a record of another callee", {.change = [](auto& r) { r[3] += sizeof(runtime::FuncCode); }}},
  };
  for (const auto& [what, call] : wrong) EXPECT_NE(call_function(call), "") << what;
}

// --- Imported functions

struct ImportCall {
  int import = 0, frame = 0;
  bool compares = true, has_context = true, has_memory = true, has_code = true, has_unit = true, stores_context = true;
  std::function<void(std::vector<uint64_t>&)> change;
};

std::string call_import(const ImportCall& call) {
  static const Calling calling(kImporter, kImporting);
  const ir::IrInstr& instr = calling.find(IrOp::call_import);
  const int frame = 8 * (ir::field<uint16_t>(instr.pc, 0) + call.frame),
            header = 8 * (ir::field<uint16_t>(instr.pc, 0) + ir::field<uint16_t>(instr.pc, 2));
  Assembly a(calling);
  a.enter(calling.function.frame_slots);
  a.record_address(0x48, 0x05);  // rax
  a.put({0x49, 0x89, 0x85}), a.number(header);  // mov [r13+header], rax
  if (call.stores_context) a.put({0x4d, 0x89, 0xb5}), a.number(header + 8);  // mov [r13+header+8], r14
  // mov rcx, [r14+func_refs]; mov rcx, [rcx+8*import]; mov rdx, [rcx+8]
  a.put({0x49, 0x8b, 0x4e, 0x18, 0x48, 0x8b, 0x49, static_cast<uint8_t>(8 * call.import), 0x48, 0x8b, 0x51, 0x08});
  if (call.compares) a.put({0x48, 0x85, 0xd2, 0x75, 0x02, 0x0f, 0x0b});  // test rdx, rdx; jne on; ud2; on:
  a.put({0x4d, 0x8d, 0xad}), a.number(frame);  // lea r13, [r13+frame]
  a.put({0x48, 0x8b, 0x39, 0x4c, 0x8b, 0x27});  // mov rdi, [rcx]; mov r12, [rdi]
  a.put({0x49, 0x89, 0xfb, 0x4d, 0x89, 0xe2});  // mov r11, rdi; mov r10, r12
  if (!call.has_code) a.put({0x4c, 0x89, 0xf7});  // mov rdi, r14
  if (!call.has_unit) a.put({0x4d, 0x89, 0xf4});  // mov r12, r14
  if (call.has_memory && call.compares) a.put({0x4c, 0x8b, 0x3a});  // mov r15, [rdx]
  if (call.has_context) a.put({0x49, 0x89, 0xd6});  // mov r14, rdx
  a.put({0x41, 0xff, 0x12});  // call [r10]
  a.leave();
  std::vector<uint64_t> record = record_of(instr);
  if (call.change) call.change(record);
  return a.verify(record);
}

TEST(OptimizedCalls, OfImports) {
  EXPECT_EQ(call_import({}), "");
  const std::map<std::string_view, ImportCall> wrong{
      {"an import that is not called", {.import = 1}},
      {"no import", {.import = 2}},
      {"one that may be the host's", {.compares = false}},
      {"with the caller's context", {.has_context = false}},
      {"with the caller's memory", {.has_memory = false}},
      {"without its code", {.has_code = false}},
      {"without its unit", {.has_unit = false}},
      {"the header has no context", {.stores_context = false}},
      {"the frame is a slot behind", {.frame = 1}},
      {"the record of another instruction", {.change = [](auto& r) { r[0] = 0; }}},
      {"the record of another import", {.change = [](auto& r) { r[3] ^= 1; }}},
  };
  for (const auto& [what, call] : wrong) EXPECT_NE(call_import(call), "") << what;
}

struct InlinedImport {
  int import = 0, other_function = 0, global = 0;
  bool compares = true, writes = false;
  uint32_t described_import = 0, described_function = 0;
};

// $f is inlined: its instance's first global is read.
std::string inline_import(const InlinedImport& what) {
  static const Calling calling(kImporter, kImporting), library(0, kLibrary);
  static const tiering::Surroundings in{
      .module = *library.module,
      .funcs = library.funcs.data(),
      .callee = [](uint32_t index) { return tiering::Callee{index == 0 ? &library.function : nullptr}; },
      .imported = {}};
  const std::shared_ptr<const runtime::FuncCode> func(library.module, library.funcs.data());
  const ir::IrInstr& instr = calling.find(IrOp::call_import);
  const tiering::MachineCode::Inlined inlined[] = {{.first = static_cast<uint32_t>(calling.function.code.size()),
                                                    .func_index = what.described_function,
                                                    .code = &library.function,
                                                    .caller = instr.at,
                                                    .call = instr.pc,
                                                    .frame = ir::field<uint16_t>(instr.pc, 0),
                                                    .import = what.described_import,
                                                    .func = func}};
  Assembly a(calling);
  a.enter(calling.function.frame_slots);
  a.put({0x49, 0x8b, 0x4e, 0x18, 0x48, 0x8b, 0x49, static_cast<uint8_t>(8 * what.import), 0x48, 0x8b, 0x51, 0x08});
  a.put({0x48, 0xb8});  // mov rax, function
  a.number(reinterpret_cast<uint64_t>(func.get()) + static_cast<uint64_t>(what.other_function));
  if (what.compares) a.put({0x48, 0x39, 0x01, 0x74, 0x02, 0x0f, 0x0b});  // cmp [rcx], rax; je on; ud2; on:
  a.put({static_cast<uint8_t>(what.writes ? 0x89 : 0x8b), 0x82});  // mov eax, [rdx+global], or the other way round
  a.number(runtime::offsets::kGlobalCells + what.global * runtime::offsets::kGlobalCellSize);
  a.leave();
  return a.verify(record_of(instr), inlined, [&](uint32_t import) {
    return import < 2 ? tiering::ImportedFunc{func, in.callee(0), &in} : tiering::ImportedFunc{};
  });
}

TEST(OptimizedCalls, InlinedImports) {
  EXPECT_EQ(inline_import({}), "");
  const std::map<std::string_view, InlinedImport> wrong{
      {"without a comparison", {.compares = false}},
      {"compared with another function", {.other_function = sizeof(runtime::FuncCode)}},
      {"another import", {.import = 1}},
      {"a global that the function does not name", {.global = 1}},
      {"a global that there is not", {.global = 2}},
      {"a global that the function does not write", {.writes = true}},
      {"an import that is not called there", {.described_import = 1}},
      {"no import", {.described_import = 2}},
      {"another function of the library", {.described_function = 1}},
  };
  for (const auto& [name, what] : wrong) EXPECT_NE(inline_import(what), "") << name;
}

// --- Tail calls

std::string tail_call(bool moves_pc, bool moves_context, int callee, bool balanced) {
  static const Calling calling(kTail);
  const ir::IrInstr& instr = calling.find(IrOp::return_call);
  const uint32_t to = 8 * ir::field<uint16_t>(instr.pc, 2), own = 8 * ir::field<uint16_t>(instr.pc, 4);
  Assembly a(calling);
  a.enter(calling.function.frame_slots);
  const auto move = [&](uint32_t slot) {
    a.put({0x49, 0x8b, 0x85}), a.number(own + slot);  // mov rax, [r13+own]
    a.put({0x49, 0x89, 0x85}), a.number(to + slot);  // mov [r13+to], rax
  };
  if (moves_pc) move(0);
  if (moves_context) move(8);
  a.put({0x48, 0xb9}), a.number(kCallTable + 8 * static_cast<uint64_t>(callee));
  a.record_address(0x48, 0x05);
  if (balanced) a.put({0x41, 0x5d});
  a.put({0xff, 0x21});  // jmp [rcx]
  return a.verify(record_of(instr));
}

TEST(OptimizedCalls, Tail) {
  EXPECT_EQ(tail_call(true, true, 0, true), "");
  EXPECT_NE(tail_call(false, true, 0, true), "");
  EXPECT_NE(tail_call(true, false, 0, true), "");
  EXPECT_NE(tail_call(true, true, 1, true), "");
  EXPECT_NE(tail_call(true, true, 0, false), "");
}

}  // namespace
}  // namespace ermine::verify::optimized
#endif
