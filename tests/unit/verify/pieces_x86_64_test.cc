// Pieces written by hand, inserted into a function from the compiler: the allowed operations of a piece, and each way
// out of the sandbox that an error of a compiler could open.
#if defined(__x86_64__)
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/offsets.h"
#include "specimen.h"
#include "verify/analysis.h"
#include "verify/capstone.h"

namespace ermine::verify {
namespace {

namespace offsets = runtime::offsets;

// Instructions in Intel's syntax, as bytes.
#define PIECE(text)                                                                                                   \
  [] {                                                                                                                \
    const uint8_t *begin, *end;                                                                                       \
    asm(".pushsection .rodata\n771:\n.intel_syntax noprefix\n" text                                                   \
        "\n.att_syntax\n772:\n.popsection\nleaq 771b(%%rip), %[begin]\nleaq 772b(%%rip), %[end]"                      \
        : [begin] "=r"(begin), [end] "=r"(end)                                                                        \
        : [exec] "i"(offsets::kContextExec), [limit] "i"(offsets::kExecStackLimit),                                   \
          [interrupt] "i"(offsets::kExecInterrupt), [exit_sp] "i"(offsets::kExecExitSp),                              \
          [top] "i"(offsets::kExecStackTop), [tables] "i"(offsets::kContextTables),                                   \
          [globals] "i"(offsets::kContextGlobals), [functions] "i"(offsets::kContextFuncRefs),                        \
          [cell0] "i"(offsets::kGlobalCells), [cell1] "i"(offsets::kGlobalCells + offsets::kGlobalCellSize),          \
          [memory1] "i"(offsets::kGlobalCells + 2 * offsets::kGlobalCellSize + 8), [host] "i"(offsets::kFuncRefHost), \
          [ctx] "i"(offsets::kFuncRefCtx));                                                                           \
    return std::vector<uint8_t>(begin, end);                                                                          \
  }()

struct Trial {
  const char* what;
  std::vector<uint8_t> code;
  const char* refusal;  // a part of the message; null: it is accepted
  const char* of = nullptr;  // the instruction of the piece; null: an addition
};

// Space for a piece, and an instruction of each kind.
std::string module_text() {
  std::string adds;
  for (int i = 0; i < 60; ++i)
    adds += "(local.set $x (i32.add (i32.mul (local.get $x) (local.get $y)) (local.get $x)))\n";
  return R"((module
    (type $t (func (param i32) (result i32)))
    (import "h" "f" (func $h (param i32) (result i32)))
    (import "h" "h" (func $k (param i32) (result i32)))
    (import "h" "g" (global $imported (mut i64)))
    (memory 1) (memory $other 1)
    (table $first 10 funcref) (table $second 10 funcref)
    (global $own0 (mut i64) (i64.const 1)) (global $own1 (mut i64) (i64.const 2))
    (func $callee (type $t) (local.get 0))
    (func $f (param $x i32) (param $y i32) (result i32) (local $l i64) (local $m i64)
      (global.set $own0 (local.get $l))
      (global.set $imported (local.get $l))
      (local.set $x (call_indirect $second (type $t) (local.get $x) (local.get $y)))
      (local.set $x (call $callee (local.get $x)))
      (local.set $x (call $h (local.get $x)))
)" + adds +
         "(i32.store $other (local.get $x) (local.get $y)) (local.get $x)))";
}

// `with_values`: registers that hold numbers between pieces have values of the function.
void check(const std::vector<Trial>& trials, bool with_values = true) {
  Specimens specimens(module_text());
  const std::vector<uint8_t> values = PIECE("mov rsi, [r13]\nmov rdx, [r13]\nmov rdi, [r13]\nvmovsd xmm0, [r13]");
  for (const Trial& t : trials) {
    Specimen s(specimens, specimens.first() + 1);
    ASSERT_EQ(s.verify(), "");
    std::vector<uint8_t> code = with_values ? values : std::vector<uint8_t>();
    code.insert(code.end(), t.code.begin(), t.code.end());
    ASSERT_TRUE(s.implant(code, s.find(t.of != nullptr ? t.of : "i32_add"))) << t.what;
    const std::string said = s.verify();
    if (t.refusal == nullptr) EXPECT_EQ(said, "") << t.what;
    else EXPECT_NE(said.find(t.refusal), std::string::npos) << t.what << ": " << (said.empty() ? "accepted" : said);
  }
}

constexpr const char* kReads = "reads memory at an address";
constexpr const char* kWrites = "writes memory at an address";
constexpr const char* kIndex = "an index into memory whose upper half";
constexpr const char* kOffset = "an offset from memory";
constexpr const char* kUseless = "an instruction that code never needs";
constexpr const char* kOtherMemory = "leaves with something else than a memory's base";

TEST(PiecesX86, Accepted) {
  check({
      {"nothing", PIECE("nop"), nullptr},
      {"arithmetic", PIECE("lea eax, [rsi + rdx * 4 + 7]\nimul rax, rdx\nnot rax\nshr rax, 40"), nullptr},
      {"the frame", PIECE("mov rax, [r13]\nmov ecx, [r13 + 8]\nvmovsd xmm0, [r13 + 8]"), nullptr},
      {"memory", PIECE("mov eax, [r15]\nmov al, [r15 + 0x7fffffff]\nmov [r15 + 16], rcx"), nullptr},
      {"memory by an index", PIECE("mov esi, esi\nmov rax, [r15 + rsi]\nmov [r15 + rsi + 0x1000], rax"), nullptr},
      {"by a number read with 32 bits", PIECE("mov eax, [r13]\nmov cl, [r15 + rax]"), nullptr},
      {"by the sum of 32 bits", PIECE("add esi, edx\nmov ecx, [r15 + rsi]"), nullptr},
      {"by the upper half", PIECE("shr rsi, 32\nmov ecx, [r15 + rsi]"), nullptr},
      {"by a masked number", PIECE("mov eax, 0xffff0000\nand rsi, rax\nmov ecx, [r15 + rsi]"), nullptr},
      {"by a vector's lane", PIECE("vmovd eax, xmm0\nmov ecx, [r15 + rax]"), nullptr},
      {"vectors", PIECE("vmovups xmm0, [r15 + 16]\nvpaddd xmm0, xmm0, xmm0\nvmovups [r15 + 32], xmm0"), nullptr},
      {"words pushed and popped", PIECE("push rsi\nmov rax, [rsp]\nmov [rsp], rdx\npop rsi"), nullptr},
      {"a branch inside", PIECE("test eax, eax\nje 2f\nmov eax, 1\n2:"), nullptr},
      {"a branch back without a loop", PIECE("test eax, eax\nje 2f\n3: dec eax\njmp 4f\n2: inc eax\njmp 3b\n4:"),
       nullptr},
      {"the interrupt flag", PIECE("mov rax, [r14 + %c[exec]]\nmov eax, [rax + %c[interrupt]]"), nullptr},
      {"the instruction's global", PIECE("mov rax, [r14 + %c[cell0]]\nmov [r14 + %c[cell0]], rax"), nullptr,
       "global_set"},
  });
}

TEST(PiecesX86, WhatOtherCodeLeft) {
  constexpr const char* kLeft = "reads a register that may hold what other code left there";
  check(
      {
          {"moved", PIECE("mov rax, rsi\nmov rdx, rax"), nullptr},
          {"saved", PIECE("push rsi\nmov esi, 1\npop rsi"), nullptr},
          {"on one way, unused", PIECE("mov eax, 1\ntest eax, eax\nje 2f\nmov esi, 1\n2:\nmov rax, rsi"), nullptr},
          {"overwritten", PIECE("xor esi, esi\nmov edx, 1\nadd esi, edx"), nullptr},
          {"zeros and ones", PIECE("vpxor xmm2, xmm2, xmm2\nvpcmpeqd xmm3, xmm3, xmm3\nvpaddd xmm4, xmm2, xmm3"),
           nullptr},
          {"upper lanes of a scalar", PIECE("mov eax, 1\nvcvtsi2sd xmm2, xmm7, eax\nvsqrtsd xmm2, xmm6, xmm2"),
           nullptr},
          {"added", PIECE("add esi, 1"), kLeft},
          {"a vector added", PIECE("vpaddd xmm8, xmm2, xmm2"), kLeft},
          {"a vector moved", PIECE("vmovaps xmm2, xmm3"), kLeft},
          {"a vector written", PIECE("vmovups [r15], xmm7"), kLeft},
          {"a vector's lane", PIECE("vmovd eax, xmm3"), kLeft},
          {"a scalar converted", PIECE("vcvtss2sd xmm8, xmm8, xmm3"), kLeft},
          {"added to what is there", PIECE("vxorps xmm8, xmm8, xmm8\nvfmadd231ps xmm2, xmm8, xmm8"), kLeft},
          {"a scalar compared", PIECE("vxorps xmm8, xmm8, xmm8\nvucomisd xmm2, xmm8"), kLeft},
          {"a vector on one way",
           PIECE("mov eax, 1\ntest eax, eax\nje 2f\nvpxor xmm2, xmm2, xmm2\n2:\nvmovaps xmm8, xmm2"), kLeft},
          {"an address", PIECE("lea rax, [rsi + 1]"), kLeft},
          {"an index", PIECE("mov esi, esi\nmov eax, [r15 + rsi]"), kLeft},
          {"compared", PIECE("cmp rdx, 5"), kLeft},
          {"tested", PIECE("test rsi, rsi"), kLeft},
          {"the lower half", PIECE("mov eax, esi"), kLeft},
          {"extended", PIECE("movzx eax, sil"), kLeft},
          {"extended by its sign", PIECE("movsxd rax, edx"), kLeft},
          {"in a vector", PIECE("vmovd xmm0, esi"), kLeft},
          {"written", PIECE("mov [r15], rdx"), kLeft},
          {"a part written", PIECE("mov sil, 3"), kLeft},
          {"chosen", PIECE("mov eax, 1\ntest eax, eax\ncmovne rax, rsi"), kLeft},
          {"a bit", PIECE("bt esi, 3"), kLeft},
          {"shifted", PIECE("shr rsi, 40"), kLeft},
          {"multiplied", PIECE("mov eax, 3\nimul rax, rdx"), kLeft},
          {"moved, then used", PIECE("mov rax, rsi\nadd eax, 1"), kLeft},
          {"saved, then used", PIECE("push rsi\npop rax\nadd eax, 1"), kLeft},
          {"on one way", PIECE("mov eax, 1\ntest eax, eax\nje 2f\nmov esi, 1\n2:\nadd esi, 1"), kLeft},
      },
      false);
}

TEST(PiecesX86, Accesses) {
  check({
      {"by a register", PIECE("mov eax, [r8]"), kReads},
      {"write by a register", PIECE("mov [rsi], eax"), kWrites},
      {"an unchanged index", PIECE("mov eax, [r15 + rcx]"), kIndex},
      {"write at an unchanged index", PIECE("mov [r15 + rcx], al"), kIndex},
      {"a negative offset", PIECE("mov eax, [r15 - 4]"), kOffset},
      {"a negative offset behind an index", PIECE("mov esi, esi\nmov eax, [r15 + rsi - 1]"), kOffset},
      {"offsets that add up to too much", PIECE("lea rax, [r15 + 0x7fffffff]\nmov eax, [rax + 16]"), kOffset},
      {"a scaled index", PIECE("mov esi, esi\nmov eax, [r15 + rsi * 2]"), kReads},
      {"two indices", PIECE("mov esi, esi\nmov edx, edx\nadd rsi, rdx\nmov eax, [r15 + rsi]"), kReads},
      {"an index added twice", PIECE("mov esi, esi\nlea rax, [r15 + rsi]\nmov eax, [rax + rsi]"), kReads},
      {"a sign-extended index", PIECE("movsxd rsi, esi\nmov eax, [r15 + rsi]"), kReads},
      {"a sign-extended byte", PIECE("movsx rsi, byte ptr [r15]\nmov eax, [r15 + rsi]"), kReads},
      {"xor with an extended constant", PIECE("mov esi, esi\nxor rsi, -5\nmov eax, [r15 + rsi]"), kReads},
      {"or with an extended constant", PIECE("mov esi, esi\nor rsi, -128\nmov eax, [r15 + rsi]"), kReads},
      {"a sum of 64 bits", PIECE("mov esi, esi\nadd rsi, 5\nmov eax, [r15 + rsi]"), kReads},
      {"a difference of constants", PIECE("xor esi, esi\nsub rsi, 1\nmov eax, [r15 + rsi]"), kOffset},
      {"a sum of constants", PIECE("mov esi, 0x7fffffff\nadd rsi, 0x7fffffff\nmov eax, [r15 + rsi]"), kOffset},
      {"zero of a byte", PIECE("xor sil, sil\nmov eax, [r15 + rsi]"), kReads},
      {"zero of a word", PIECE("xor si, si\nmov eax, [r15 + rsi]"), kReads},
      {"a word", PIECE("mov si, 1\nmov eax, [r15 + rsi]"), kReads},
      {"a negation", PIECE("mov esi, esi\nneg rsi\nmov eax, [r15 + rsi]"), kReads},
      {"a shift to the left", PIECE("mov esi, esi\nshl rsi, 1\nmov eax, [r15 + rsi]"), kReads},
      {"too short a shift to the right", PIECE("shr rsi, 31\nmov eax, [r15 + rsi]"), kReads},
      {"narrow on one way only", PIECE("test eax, eax\nje 2f\nmov ecx, ecx\n2:\nmov eax, [r15 + rcx]"), kReads},
      {"a choice of which one is wide", PIECE("mov eax, eax\ntest edx, edx\ncmovne rax, rcx\nmov eax, [r15 + rax]"),
       kReads},
      {"bits found nowhere", PIECE("bsf esi, ecx\nmov eax, [r15 + rsi]"), kReads},
      {"a bit anywhere", PIECE("bt [r13], rax"), "an access of a single bit"},
      {"all of a register of 32 bytes", PIECE("vmovups ymm0, [r13]"), "a vector of more than 16 bytes"},
      {"the code as data", PIECE("mov eax, [rip - 32]"), "reads outside the constants"},
      {"the code written", PIECE("mov [rip], eax"), kWrites},
      {"beside the frame", PIECE("mov rax, [r13 + 0x10000]"), "reads outside the frame"},
      {"below the frame", PIECE("mov rax, [r13 - 8]"), "reads outside the frame"},
      {"beside the frame, written", PIECE("mov [r13 + 0x10000], rax"), "writes outside the frame"},
      {"between two slots", PIECE("mov [r13 + 4], eax"), "writes between two slots"},
      {"the frame's header", PIECE("mov [r13 + 16], rax"), "writes a slot that is not the instruction's"},
      {"by an index from the frame", PIECE("mov eax, eax\nmov rax, [r13 + rax]"), kReads},
      {"a segment", PIECE("mov rax, fs:[0]"), "a segment"},
      {"a segment, written", PIECE("mov gs:[0], rax"), "a segment"},
      {"a segment behind which another is ignored", PIECE(".byte 0x64, 0x3e, 0x41, 0x8b, 0x45, 0x00"), "a segment"},
      {"an address of 32 bits", PIECE("mov eax, [esi]"), "an address of 32 bits"},
      {"a locked access", PIECE("lock add dword ptr [r15], 1"), "a locked access"},
      {"a scaled displacement", PIECE(".byte 0x62, 0xd1, 0x7c, 0x08, 0x10, 0x45, 0x01"), "AVX-512"},
      {"a prefix that is none", PIECE(".byte 0x48, 0x66, 0x89, 0xc0"), "a prefix behind REX"},
      {"strings", PIECE("rep stosb"), kUseless},
      {"a string", PIECE("movsb"), kUseless},
  });
}

TEST(PiecesX86, Records) {
  check({
      {"a field of the context", PIECE("mov [r14], rax"), "writes a field of the context"},
      {"another field of it", PIECE("mov rax, [r14 + 8]"), "reads a field of the context"},
      {"half of a pointer", PIECE("mov eax, [r14 + %c[exec]]"), "reads a field of the context"},
      {"the stack's limit", PIECE("mov rax, [r14 + %c[exec]]\nmov [rax + %c[limit]], rcx"), "writes ExecContext"},
      {"the top of the stack", PIECE("mov rax, [r14 + %c[exec]]\nmov [rax + %c[top]], rcx"), "writes ExecContext"},
      {"the interrupt flag", PIECE("mov rax, [r14 + %c[exec]]\nmov dword ptr [rax + %c[interrupt]], 0"),
       "writes a part of ExecContext"},
      {"the top of the stack, for no call",
       PIECE("mov rax, [r14 + %c[exec]]\nlea rcx, [r13 + 8]\nmov [rax + %c[top]], rcx"),
       "writes ExecContext and does not call the host"},
      {"where the native stack ends", PIECE("mov rax, [r14 + %c[exec]]\nmov rax, [rax + %c[exit_sp]]"),
       "reads a field of ExecContext"},
      {"a global where there is none", PIECE("mov rax, [r14 + %c[cell0]]"), "another global"},
      {"another global", PIECE("mov [r14 + %c[cell1]], rax"), "another global", "global_set"},
      {"half of the next global", PIECE("mov [r14 + %c[cell0] + 8], rax"), "another global", "global_set"},
      {"an imported global where there is none", PIECE("mov rax, [r14 + %c[globals]]\nmov rax, [rax]"),
       "another imported global"},
      {"another imported global", PIECE("mov rax, [r14 + %c[globals]]\nmov rax, [rax + 8]"), "another imported global",
       "global_set"},
      {"a pointer changed", PIECE("mov rax, [r14 + %c[globals]]\nmov [rax], rcx"), kWrites},
      {"another table", PIECE("mov rax, [r14 + %c[tables]]\nmov rax, [rax]"), "another table", "call_indirect"},
      {"a table where there is none", PIECE("mov rax, [r14 + %c[tables]]\nmov rax, [rax + 8]"), "another table"},
      {"an element that may not exist",
       PIECE("mov rax, [r14 + %c[tables]]\nmov rax, [rax + 8]\nmov rax, [rax]\nmov ecx, ecx\nmov rax, [rax + rcx * 8]"),
       kReads, "call_indirect"},
      {"an element below the size of what was compared before",
       PIECE("mov rax, [r14 + %c[tables]]\nmov rax, [rax + 8]\nmov rcx, [rax]\nmov rsi, [r15]\ncmp rsi, [rax + 8]\n"
             "mov rsi, [r15 + 8]\njae 2f\nmov rax, [rcx + rsi * 8]\n2:"),
       kReads, "call_indirect"},
      {"an address left for a number", PIECE("mov rdx, [r14 + %c[tables]]"), "leaves a host address"},
      {"the frame left for a number", PIECE("lea rdi, [r13 + 8]"), "leaves a host address"},
      {"an address stored as a number", PIECE("mov rax, [r14 + %c[tables]]\nmov [r13], rax"), "writes a host address"},
      {"another imported function", PIECE("mov rax, [r14 + %c[functions]]\nmov rax, [rax + 8]"),
       "another imported function", "call_import"},
      {"a reference that may be null", PIECE("mov rax, [r13]\nmov rax, [rax + 8]"),
       "reads through a reference that may be"},
  });
}

TEST(PiecesX86, Control) {
  check({
      {"to nowhere", PIECE(".byte 0xe9, 0, 0, 1, 0"), "jumps to a place that is not a label"},
      {"if something holds", PIECE(".byte 0x0f, 0x84, 0, 0, 1, 0"), "jumps to a place that is not a label"},
      {"into an instruction", PIECE(".byte 0x75, 1\nmov eax, 0xc3c3c3c3"), "a branch leads into an instruction"},
      {"back into an instruction", PIECE("mov eax, 0xc3c3c3c3\n.byte 0x75, 0xfa"), "into an instruction"},
      {"in a circle", PIECE("2:\ndec eax\njne 2b"), "a loop that does not check for interrupts"},
      {"in a wide circle", PIECE("test eax, eax\nje 2f\n3: dec eax\njmp 4f\n2: inc eax\njmp 3b\n4: jne 2b"),
       "a loop that does not check for interrupts"},
      {"by a register", PIECE("jmp rax"), "jumps to an address that is not known"},
      {"by a slot", PIECE("jmp [r13]"), "jumps to an address that is not known"},
      {"by memory", PIECE("jmp [r15]"), "jumps to an address that is not known"},
      {"through a constant without an instruction", PIECE("jmp [rip + 0x100]"), "without its instruction"},
      {"to a function", PIECE(".byte 0xe8, 0, 0, 0, 0"), kUseless},
      {"to a function by a register", PIECE("call rax"), "calls an address that is not known"},
      {"to a function by a slot", PIECE("call [r13]"), "calls an address that is not known"},
      {"to what the accumulator says", PIECE("call [rdi + 24]"), "calls an address that is not known"},
      {"far", PIECE(".byte 0x48, 0xff, 0x6d, 0x00"), kUseless},
      {"back far", PIECE("retfq"), kUseless},
      {"a return that pops", PIECE("ret 8"), "a return that pops"},
      {"a jump of 16 bits", PIECE(".byte 0x66, 0xe9, 0, 0, 0, 0"), "a branch"},
      {"a return of 16 bits", PIECE(".byte 0x66, 0xc3"), "a branch of 16 bits"},
      {"a return with a prefix", PIECE(".byte 0xf3, 0xc3"), "a branch with a prefix"},
      {"a system call", PIECE("syscall"), kUseless},
      {"an older one", PIECE("int 0x80"), kUseless},
      {"the oldest", PIECE("sysenter"), kUseless},
      {"a breakpoint", PIECE("int3"), kUseless},
      {"nothing at all", PIECE("ud2"), kUseless},
      {"a stop", PIECE("hlt"), kUseless},
      {"a port", PIECE("in al, dx"), kUseless},
      {"a port, written", PIECE("out dx, al"), kUseless},
      {"interrupts", PIECE("cli"), kUseless},
      {"the direction", PIECE("std"), kUseless},
      {"flags", PIECE("pushfq\npopfq"), kUseless},
      {"a model's register", PIECE("wrmsr"), kUseless},
      {"a transaction", PIECE("xbegin 2f\n2:"), kUseless},
      {"an extended state", PIECE("xrstor [r13]"), kUseless},
      {"keys of pages", PIECE("wrpkru"), "instruction"},
      {"the thread's segment", PIECE("wrfsbase rax"), kUseless},
      {"the thread's segment by a selector", PIECE("mov fs, eax"), "a register that code never needs"},
      {"a segment popped", PIECE("pop fs"), kUseless},
      {"a control register", PIECE("mov cr3, rax"), "a register that code never needs"},
      {"a debug register", PIECE("mov dr7, rax"), "a register that code never needs"},
      {"descriptors", PIECE("lgdt [r13]"), kUseless},
      {"a cache line", PIECE("clflush [r15]"), kUseless},
      {"the time", PIECE("rdtsc"), kUseless},
      {"gathered lanes", PIECE("vpgatherdd xmm0, [r15 + xmm1], xmm2"), kUseless},
      {"masked lanes", PIECE("vmaskmovps [r15], xmm1, xmm2"), kUseless},
      {"the floating-point control", PIECE("vldmxcsr [r13]"), kUseless},
      {"x87", PIECE("fld qword ptr [r13]"), kUseless},
  });
}

// A call of an imported function that is another instance's. Each line is needed.
TEST(PiecesX86, CallsOfOtherInstances) {
  Specimens specimens(module_text());
  const Specimen s(specimens, specimens.first() + 1);
  const uint32_t at = s.find("call_import");
  const runtime::Code* const instr = &s.function->code[at];
  const uint32_t base = ir::field<uint16_t>(instr, 0) * uint32_t{sizeof(runtime::Slot)};
  const uint32_t header = base + ir::field<uint16_t>(instr, 2) * uint32_t{sizeof(runtime::Slot)};
  auto with = [](std::vector<uint8_t> code, uint64_t number, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) code.push_back(static_cast<uint8_t>(number >> 8 * i));
    return code;
  };
  constexpr size_t kCheck = 3;
  const std::vector<std::vector<uint8_t>> good = {
      PIECE("mov rax, [r14 + %c[functions]]"),
      PIECE("mov rdi, [rax]"),
      PIECE("cmp qword ptr [rdi + %c[host]], 0"),
      {0x0f, 0x85},  // jne to the end
      PIECE("push r14"),
      with({0x48, 0xb8}, reinterpret_cast<uint64_t>(instr), 8),  // mov rax, instr
      with({0x49, 0x89, 0x85}, header, 4),                       // mov [r13 + header], rax
      with({0x4d, 0x89, 0xb5}, header + 8, 4),                   // mov [r13 + header + 8], r14
      with({0x49, 0x81, 0xc5}, base, 4),                         // add r13, base
      PIECE("mov r14, [rdi + %c[ctx]]"),
      PIECE("mov rdi, [rdi]"),
      PIECE("mov r12, [rdi]"),
      PIECE("mov r15, [r14]"),
      PIECE("call [r12]"),
      PIECE("pop r14"),
      with({0x49, 0x81, 0xed}, base, 4),  // sub r13, base
      PIECE("mov r15, [r14]"),
      PIECE("mov edi, 1\nmov r12, rdi"),  // whatever the callee left is not read
  };
  auto attempt = [&](std::vector<std::vector<uint8_t>> lines) {
    size_t rest = 0;
    for (size_t i = lines.size(); i-- > 0;) {
      if (lines[i].size() == 2 && lines[i][0] == 0x0f) lines[i] = with(lines[i], rest, 4);
      rest += lines[i].size();
    }
    Specimen t = s;
    std::vector<uint8_t> code;
    for (const auto& line : lines) code.insert(code.end(), line.begin(), line.end());
    EXPECT_TRUE(t.implant(code, at));
    return t.verify();
  };
  EXPECT_EQ(attempt(good), "");
  for (size_t i = 0; i + 1 < good.size(); ++i) {
    if (i == 2 || i == 13) continue;  // the same as the next; without the call the others do no harm
    auto lines = good;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(attempt(lines), "") << "without line " << i;
  }
  auto refuses = [&](size_t line, std::vector<uint8_t> code, std::string_view why) {
    auto lines = good;
    lines[line] = std::move(code);
    const std::string said = attempt(lines);
    EXPECT_NE(said.find(why), std::string::npos) << "line " << line << ": " << (said.empty() ? "accepted" : said);
  };
  refuses(1, PIECE("mov rdi, [rax + 8]"), "another imported function");
  refuses(kCheck, {0x0f, 0x84}, "not shown to be an imported function of another instance");
  refuses(9, PIECE("mov r14, [rdi + %c[host]]"), "reads memory at an address");
  refuses(10, PIECE("mov rdi, [rdi + 16]"), "a field of a function reference that code never needs");
  refuses(11, PIECE("mov r12, [rdi + 8]"), "reads memory at an address");
  refuses(12, PIECE("mov r15, [r14 + 8]"), "reads memory at an address");
  refuses(12, PIECE("nop"), "enters another instance with another state");
  refuses(13, PIECE("call [r12 + 8]"), "calls an address that is not known");
  refuses(14, PIECE("pop rcx"), "reads a register that a call may have changed");
  refuses(16, PIECE("nop"), kOtherMemory);
}

TEST(PiecesX86, Registers) {
  check({
      {"another frame", PIECE("mov r13, rax"), "leaves with another frame"},
      {"the frame moved", PIECE("add r13, 8"), "leaves with another frame"},
      {"another context", PIECE("mov r14, rax"), "leaves with another context"},
      {"another memory", PIECE("mov r15, rax"), kOtherMemory},
      {"memory moved", PIECE("add r15, 8"), kOtherMemory},
      {"a number as memory", PIECE("mov r15, [r13]"), kOtherMemory},
      {"a number of memory as memory", PIECE("mov r15, [r15 + 8]"), kOtherMemory},
      {"half of memory", PIECE("mov r15d, r15d"), kOtherMemory},
      {"another memory by another instruction", PIECE("mov r15, [r14 + %c[memory1]]"), "another global"},
      {"a global as memory", PIECE("mov r15, [r14 + %c[cell0]]"), "changes the memory that is accessed", "global_set"},
      {"an imported global as memory", PIECE("mov rax, [r14 + %c[globals]]\nmov rax, [rax]\nmov r15, [rax]"),
       kOtherMemory},
      {"a memory by its instruction, accessed at once", PIECE("mov rax, [r14 + %c[memory1]]\nmov ecx, [rax]"), kReads,
       "use_memory"},
      {"what native callers keep", PIECE("mov ebp, 1"), "native callers preserve"},
      {"half of it", PIECE("mov bpl, 1"), "native callers preserve"},
      {"the native stack", PIECE("mov rsp, rax"), "the native stack pointer"},
      {"the native stack, aligned", PIECE("and rsp, -16"), "the native stack pointer"},
      {"something left there", PIECE("push rax"), "leaves something on the native stack"},
      {"something taken", PIECE("pop rax"), "reads a word of the native stack"},
      {"something read", PIECE("mov rax, [rsp]"), "reads a word of the native stack"},
      {"something read above", PIECE("mov rax, [rsp + 8]"), "reads a word of the native stack"},
      {"the return address", PIECE("mov [rsp], rax"), "writes the native stack above"},
      {"the return address, pushed", PIECE("add rsp, 8\npush rax"), "the native stack pointer leaves"},
      {"below the pointer", PIECE("mov [rsp - 8], rax"), "writes the native stack above"},
      {"far below", PIECE("sub rsp, 0x100000\nmov [rsp], rax\nadd rsp, 0x100000"), "the native stack pointer leaves"},
      {"pushed on one way only", PIECE("test eax, eax\nje 2f\npush rax\n2:\nmov eax, eax"), "native stack"},
  });
}

// A host function that failed has left an error and no result.
TEST(PiecesX86, FailuresOfHostFunctions) {
  Specimens specimens(module_text());
  Specimen s(specimens, specimens.first() + 1);
  const std::vector<uint8_t> asks = {0x84, 0xc0, 0x0f, 0x84};  // test al, al; je
  const auto at = std::ranges::search(s.bytes, asks).begin();
  ASSERT_NE(at, s.bytes.end());
  at[3] = 0x85;
  EXPECT_NE(s.verify().find("continues although the host function may have failed"), std::string::npos);
  at[3] = 0x82;  // jb
  EXPECT_NE(s.verify().find("continues although the host function may have failed"), std::string::npos);
  at[1] = 0xc8;  // test al, cl
  at[3] = 0x84;
  EXPECT_NE(s.verify(), "");
}

// The next piece may rely on the facts about registers after a piece.
TEST(PiecesX86, FactsAfterAPiece) {
  Decoder decoder(kX86_64.capstone_arch, kX86_64.capstone_mode);
  auto behind = [&](std::vector<uint8_t> code) {
    const size_t size = code.size();
    code.resize(size + 16);
    const std::vector<uint8_t> mask(code.size());
    Facts facts;
    kX86_64.decode(decoder, {code.data(), size}, mask.data(), facts, nullptr);
    EXPECT_EQ(facts.refusal, "");
    EXPECT_FALSE(facts.exits.empty());
    return facts.exits.empty() ? Exit{} : facts.exits.back();
  };
  constexpr unsigned kRsi = 6, kRdx = 2;
  auto is_narrow = [&](std::vector<uint8_t> code) { return (behind(std::move(code)).narrow >> kRsi & 1) != 0; };
  EXPECT_TRUE(is_narrow(PIECE("mov esi, edx")));
  EXPECT_TRUE(is_narrow(PIECE("xor esi, esi")));
  EXPECT_TRUE(is_narrow(PIECE("mov esi, -1")));
  EXPECT_TRUE(is_narrow(PIECE("xor esi, -1")));
  EXPECT_TRUE(is_narrow(PIECE("movzx esi, dl\nmov sil, 3")));
  EXPECT_TRUE(is_narrow(PIECE("lea esi, [rsi - 8]")));
  EXPECT_TRUE(is_narrow(PIECE("lzcnt esi, edx")));
  EXPECT_TRUE(is_narrow(PIECE("mov esi, [r15]")));
  EXPECT_FALSE(is_narrow(PIECE("nop")));
  EXPECT_FALSE(is_narrow(PIECE("mov rsi, -1")));
  EXPECT_FALSE(is_narrow(PIECE("xor esi, esi\nsub rsi, 1")));
  EXPECT_FALSE(is_narrow(PIECE("mov esi, 0x7fffffff\nadd rsi, 0x7fffffff\nadd rsi, 0x7fffffff")));
  EXPECT_FALSE(is_narrow(PIECE("xor sil, sil")));
  EXPECT_FALSE(is_narrow(PIECE("mov sil, 3")));
  EXPECT_FALSE(is_narrow(PIECE("movsxd rsi, edx")));
  EXPECT_FALSE(is_narrow(PIECE("mov esi, edx\nxor rsi, -1")));
  EXPECT_FALSE(is_narrow(PIECE("mov rsi, [r15]")));
  EXPECT_FALSE(is_narrow(PIECE("bsr esi, edx")));
  // A value that is equal to one unknown value is not equal to all unknown values.
  Exit exit = behind(PIECE("mov rax, [r15 + 8]\ncmp rsi, rax\n.byte 0x0f, 0x85, 0, 1, 0, 0\nmov rsi, [r15 + 16]"));
  EXPECT_EQ(exit.from[kRsi], 0);
  // A register's value in another one.
  EXPECT_EQ(behind(PIECE("mov rsi, rdx")).from[kRsi], kRdx + 1);
  EXPECT_EQ(behind(PIECE("nop")).from[kRsi], kRsi + 1);
  EXPECT_EQ(behind(PIECE("inc rsi")).from[kRsi], 0);
}

}  // namespace
}  // namespace ermine::verify
#endif
