// The verifier of optimised code: code that is written by hand is refused for what it does, and for nothing else. On
// x86-64 only.
#include <gtest/gtest.h>

#include "optimized_code.h"

#if defined(__x86_64__)

namespace ermine::verify::optimized {
namespace {

// What follows the check of 0x60 bytes of the frame and of the native stack, and precedes the return.
constexpr Case kCases[] = {
    {"ABaseOrTheByteBehind", "mov rax, r15; cmp dword ptr [r13], 1; sbb rax, -1; mov dword ptr [rax], 2",
     "4c89f841837d00014883d8ffc70002000000", ""},
    {"ANumberOf32BitsIsAnIndex", "mov eax, [r13]; mov ecx, [r15+rax+0x1234]", "418b4500418b8c0734120000", ""},
    {"AnOffsetMayHave32Bits", "mov eax, [r13]; mov ecx, [r15+rax+0x7fffffff]", "418b4500418b8c07ffffff7f", ""},
    {"AnIndexOf64Bits", "mov rax, [r13]; mov ecx, [r15+rax]", "498b4500418b0c07",
     "reads at an address that is not known"},
    {"AnIndexWithASign", "movsxd rax, dword ptr [r13]; mov ecx, [r15+rax]", "49634500418b0c07", ""},
    {"AMoveOf64BitsKeepsTheUpperHalf", "mov rax, [r13]; mov rcx, rax; mov ecx, [r15+rcx]", "498b45004889c1418b0c0f",
     "reads at an address that is not known"},
    {"AMoveOf32BitsClearsIt", "mov rax, [r13]; mov ecx, eax; mov edx, [r15+rcx]", "498b450089c1418b140f", ""},
    {"APartOfARegisterDoesNotClearIt", "mov rax, [r13]; mov ax, cx; mov edx, [r15+rax]", "498b45006689c8418b1407",
     "reads at an address that is not known"},
    {"AScaledIndex", "mov eax, [r13]; mov edx, [r15+rax*8]", "418b4500418b14c7", "leave the reservation"},
    {"AScaledSmallIndex", "movzx eax, word ptr [r13]; mov edx, [r15+rax*8]", "410fb74500418b14c7", ""},
    {"TwoIndices", "mov eax, [r13]; mov ecx, [r13+8]; add rax, rcx; mov edx, [r15+rax+0x10]",
     "418b4500418b4d084801c8418b540710", "leave the reservation"},
    {"AShiftedIndex", "mov eax, [r13]; shl rax, 3; mov edx, [r15+rax]", "418b450048c1e003418b1407",
     "leave the reservation"},
    {"APartOfAMultiple", "movzx eax, word ptr [r13]; imul rax, rax, 0x28f5c29; shr rax, 0x20; mov edx, [r15+rax*8]",
     "410fb745004869c0295c8f0248c1e820418b14c7", ""},
    {"AMultiple", "mov eax, [r13]; imul rax, rax, 16; mov edx, [r15+rax]", "418b4500486bc010418b1407",
     "leave the reservation"},
    {"AMultipleOf32Bits", "mov eax, [r13]; imul eax, eax, 0x7fffffff; mov edx, [r15+rax]",
     "418b450069c0ffffff7f418b1407", ""},
    {"AMultipleThatWraps",
     "mov eax, [r13]; imul rax, rax, 0x7fffffff; imul rax, rax, 16; shr rax, 0x1e; mov edx, [r15+rax]",
     "418b45004869c0ffffff7f486bc01048c1e81e418b1407", "leave the reservation"},
    {"ANegativeMultiple", "movzx eax, word ptr [r13]; imul rax, rax, -1; mov edx, [r15+rax]",
     "410fb74500486bc0ff418b1407", "reads at an address that is not known"},
    {"ABoundedIndex", "mov eax, [r13]; cmp eax, 0x1000; ja 1f; mov edx, [r15+rax*8]", "418b45003d001000007704418b14c7",
     ""},
    {"ABoundOfAnotherRegister", "mov eax, [r13]; mov ecx, [r13+8]; cmp ecx, 0x1000; ja 1f; mov edx, [r15+rax*8]",
     "418b4500418b4d0881f9001000007704418b14c7", "leave the reservation"},
    {"ABoundOnTheOtherWay", "mov eax, [r13]; cmp eax, 0x1000; jbe 1f; mov edx, [r15+rax*8]",
     "418b45003d001000007604418b14c7", "leave the reservation"},
    {"ABoundWithASign", "mov eax, [r13]; cmp eax, 0x1000; jg 1f; mov edx, [r15+rax*8]",
     "418b45003d001000007f04418b14c7", "leave the reservation"},
    {"ALoopThatGrowsAnIndex", "xor eax, eax; 1: mov edx, [r15+rax]; add rax, 8; cmp byte ptr [r13], 0; jne 1b",
     "31c0418b14074883c00841807d000075f1", "leave the reservation"},
    {"ALoopWithAnIndexOf32Bits", "xor eax, eax; 1: mov edx, [r15+rax]; add eax, 8; cmp byte ptr [r13], 0; jne 1b",
     "31c0418b140783c00841807d000075f2", ""},
    {"ANegativeOffset", "mov eax, [r13]; mov edx, [r15+rax-8]", "418b4500418b5407f8", ""},
    {"AnotherMemory", "mov rcx, [r14+0x88]; mov eax, [r13]; mov edx, [rcx+rax]", "498b8e88000000418b45008b1401", ""},
    {"AMemoryThatIsNotNamed", "mov rcx, [r14+0x90]; mov eax, [r13]; mov edx, [rcx+rax]", "498b8e90000000418b45008b1401",
     "a field of the context"},
    {"AFieldThatIsNoBase", "mov rcx, [r14+0x40]; mov eax, [r13]; mov edx, [rcx+rax]", "498b4e40418b45008b1401",
     "a field of the context"},
    {"ANumberAsAnAddress", "mov rcx, [r13]; mov edx, [rcx]", "498b4d008b11", "reads at an address that is not known"},
    {"AConstantAsAnAddress", "movabs rcx, 0x12345678; mov edx, [rcx]", "48b978563412000000008b11",
     "reads at an address that is not known"},
    {"AnAddressThroughTheFrame", "mov [r13+0x28], r15; mov rcx, [r13+0x28]; mov eax, [r13]; mov edx, [rcx+rax]",
     "4d897d28498b4d28418b45008b1401", ""},
    {"AWordOfTheFrameThatWasWrittenInPart",
     "mov [r13+0x28], r15; mov dword ptr [r13+0x2c], 0; mov rcx, [r13+0x28]; mov edx, [rcx]",
     "4d897d2841c7452c00000000498b4d288b11", "reads at an address that is not known"},
    {"ASpilledIndex", "mov eax, [r13]; push rax; pop rcx; mov edx, [r15+rcx]", "418b45005059418b140f", ""},
    {"TheEndOfTheFrame", "mov qword ptr [r13+0x58], 0", "49c7455800000000", ""},
    {"BehindTheFrame", "mov qword ptr [r13+0x59], 0", "49c7455900000000", "outside of the frame"},
    {"BehindTheFrameByAVector", "vmovups [r13+0x54], xmm0", "c4c178114554", "outside of the frame"},
    {"BelowTheFrame", "mov qword ptr [r13-8], 0", "49c745f800000000", "outside of the frame"},
    {"AnIndexedSlot", "movzx eax, byte ptr [r13]; mov qword ptr [r13+rax*8], 0", "410fb6450049c744c50000000000",
     "writes at an address that is not known"},
    {"TheReturnAddressIsWritten", "mov [rsp], rax", "48890424", "outside of the function's part"},
    {"TheReturnAddressIsRead", "mov rax, [rsp]", "488b0424", "outside of the function's part"},
    {"AboveTheReturnAddress", "mov rax, [rsp+8]", "488b442408", "outside of the function's part"},
    {"TheRedZone", "mov [rsp-8], rax; mov rcx, [rsp-0x80]", "48894424f8488b4c2480", ""},
    {"FarBelowTheStackPointer", "mov [rsp-0x88], rax", "4889842478ffffff", "outside of the function's part"},
    {"AnUnbalancedStack", "push rax", "50", "returns without"},
    {"AStackPointerThatIsLost", "mov rsp, r13", "4c89ec", "becomes something else"},
    {"AStackPointerFromMemory", "mov rsp, [r13]", "498b6500", "becomes something else"},
    {"TooMuchOfTheStack", "sub rsp, 0x4008; add rsp, 0x4008", "4881ec084000004881c408400000",
     "takes more of the native stack"},
    {"TheFramePointerIsNotRestored", "xor ebp, ebp", "31ed", "returns without"},
    {"TheFramePointerIsRestored", "push rbp; mov ebp, 5; pop rbp", "55bd050000005d", ""},
    {"TheFramePointerIsRestoredFromElsewhere", "push rbp; push rcx; pop rbp; pop rcx", "55515d59", "returns without"},
    {"AnotherFrameIsReturned", "add r13, 8", "4983c508", "returns without the frame"},
    {"AJumpThroughARegister", "mov rax, [r13]; jmp rax", "498b4500ffe0", "not known"},
    {"ACallThroughARegister", "mov rax, [r13]; call rax", "498b4500ffd0", "not known"},
    {"ACallOfAConstant", "movabs rax, 0x12345678; call rax", "48b87856341200000000ffd0", "a handler"},
    {"AReturnThatPops", "ret 8", "c20800", "never needs"},
    {"ASystemCall", "syscall", "0f05", "never needs"},
    {"AnInterrupt", "int3", "cc", "never needs"},
    {"AnotherSegment", "mov eax, fs:[0x28]", "648b042528000000", "never needs"},
    {"AnAddressOf32Bits", "mov eax, [r15d+eax]", "67418b0407", "never needs"},
    {"AString", "rep movsb", "f3a4", "never needs"},
    {"TheBitsOfAnArray", "mov eax, [r13]; bts [r15+rax], eax", "418b4500410fab0407", "never needs"},
    {"AGather", "vpgatherdd xmm0, [r15+xmm1*4], xmm2", "c4c26990048f", "never needs"},
    {"OwnCodeIsWritten", "mov dword ptr [rip+0], 0", "c7050000000000000000", "writes at an address that is not known"},
    {"OwnCodeIsRead", "mov eax, dword ptr [rip-4]", "8b05fcffffff", "outside of its constants"},
    {"TheContextIsWritten", "mov qword ptr [r14], 0", "49c70600000000", "no global"},
    {"AGlobal", "mov rax, [r14+0x50]; mov [r14+0x50], rax", "498b465049894650", ""},
    {"AGlobalThatIsNotNamed", "mov rax, [r14+0x60]", "498b4660", "a global that the register code does not name"},
    {"BehindTheGlobals", "mov rax, [r14+0x80]", "498b8680000000", "a field of the context"},
    {"ANumberInAGlobalOfFunctions", "mov rax, [r13]; mov [r14+0x70], rax", "498b450049894670",
     "something else than a reference"},
    {"NullInAGlobalOfFunctions", "mov qword ptr [r14+0x70], 0", "49c7467000000000", ""},
    {"AFunctionFromATable",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rax+8]; mov ecx, [r13]; cmp rcx, rax; cmovae rcx, "
     "rax; mov rcx, [rdx+rcx*8]; mov [r14+0x70], rcx",
     "498b4628488b00488b10488b4008418b4d004839c1480f43c8488b0cca49894e70", ""},
    {"AnElementWithoutBounds",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov ecx, [r13]; mov rcx, [rdx+rcx*8]",
     "498b4628488b00488b10418b4d00488b0cca", "reads at an address that is not known"},
    {"AnElementOfAnotherTable",
     "mov rax, [r14+0x28]; mov rsi, [rax+8]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rsi+8]; mov ecx, [r13]; cmp "
     "rcx, rax; cmovae rcx, rax; mov rcx, [rdx+rcx*8]",
     "498b4628488b7008488b00488b10488b4608418b4d004839c1480f43c8488b0cca", "reads at an address that is not known"},
    {"ATableThatIsNotNamed", "mov rax, [r14+0x28]; mov rax, [rax+0x10]", "498b4628488b4010",
     "a table that the register code does not name"},
    {"TheElementBehindTheLast",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rax+8]; mov ecx, [r13]; cmp rcx, rax; cmovae rcx, "
     "rax; mov qword ptr [rdx+rcx*8], 0",
     "498b4628488b00488b10488b4008418b4d004839c1480f43c848c704ca00000000", "writes at an address that is not known"},
    {"AnElementIsWritten",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rax+8]; mov ecx, [r13]; cmp rcx, rax; jae 1f; mov "
     "qword ptr [rdx+rcx*8], 0",
     "498b4628488b00488b10488b4008418b4d004839c1730848c704ca00000000", ""},
    {"ANumberInATableOfFunctions",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rax+8]; mov ecx, [r13]; cmp rcx, rax; jae 1f; mov "
     "rsi, [r13]; mov [rdx+rcx*8], rsi",
     "498b4628488b00488b10488b4008418b4d004839c17308498b7500488934ca", "something else than a reference"},
    {"AFieldOfAFunction",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rax+8]; mov ecx, [r13]; cmp rcx, rax; cmovae rcx, "
     "rax; mov rcx, [rdx+rcx*8]; test rcx, rcx; je 1f; mov rax, [rcx+8]",
     "498b4628488b00488b10488b4008418b4d004839c1480f43c8488b0cca4885c97404488b4108", ""},
    {"AFieldOfNull",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rax+8]; mov ecx, [r13]; cmp rcx, rax; cmovae rcx, "
     "rax; mov rcx, [rdx+rcx*8]; mov rax, [rcx+8]",
     "498b4628488b00488b10488b4008418b4d004839c1480f43c8488b0cca488b4108", "may be null"},
    {"TheCodeOfAFunction",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rax, [rax+8]; mov ecx, [r13]; cmp rcx, rax; cmovae rcx, "
     "rax; mov rcx, [rdx+rcx*8]; test rcx, rcx; je 1f; mov rax, [rcx]",
     "498b4628488b00488b10488b4008418b4d004839c1480f43c8488b0cca4885c97403488b01", "never needs"},
    {"AnOpenMemory",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, "
     "[rdx-3]; xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, rsi; and rax, rcx; je 1f; "
     "mov edx, [rax]",
     "498b7e30488b7f18498b7500488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04801f14821c874028b10", ""},
    {"AnOpenMemoryWithoutAMask",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, "
     "[rdx-3]; xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, rsi; mov edx, [rcx]",
     "498b7e30488b7f18498b7500488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04801f18b11",
     "reads at an address that is not known"},
    {"AnOpenMemoryWithoutATest",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, "
     "[rdx-3]; xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, rsi; and rax, rcx; mov edx, "
     "[rax]",
     "498b7e30488b7f18498b7500488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04801f14821c88b10",
     "not checked"},
    {"MoreThanIsChecked",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, "
     "[rdx-3]; xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, rsi; and rax, rcx; je 1f; "
     "mov rdx, [rax]",
     "498b7e30488b7f18498b7500488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04801f14821c87403488b10",
     "not checked"},
    {"BesideWhatIsChecked",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, "
     "[rdx-3]; xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, rsi; and rax, rcx; je 1f; "
     "mov edx, [rax+1]",
     "498b7e30488b7f18498b7500488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04801f14821c874038b5001",
     "reads at an address that is not known"},
    {"AMaskOfAnotherIndex",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, "
     "[rdx-3]; xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, rsi; mov rcx, [rdi+8]; add "
     "rcx, [r13+8]; and rax, rcx; je 1f; mov edx, [rax]",
     "498b7e30488b7f18498b7500488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04801f1488b4f0849034d084821c8740"
     "28b10",
     "reads at an address that is not known"},
    {"AnOpenMemoryWithTheSizeItself",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; cmp rsi, [rdi+0x10]; sbb rax, rax; "
     "add rcx, rsi; and rax, rcx; je 1f; mov edx, [rax]",
     "498b7e30488b7f18498b7500488b4f08483b77104819c04801f14821c874028b10", "not checked"},
    {"TheInterruptIsRead", "mov rax, [r14+0x10]; mov ecx, [rax+0x28]", "498b46108b4828", ""},
    {"AnotherFieldOfTheStore", "mov rax, [r14+0x10]; mov rcx, [rax+0x38]", "498b4610488b4838", "never needs"},
    {"TheStackLimitIsWritten", "mov rax, [r14+0x10]; mov qword ptr [rax], 0", "498b461048c70000000000",
     "writes a field of ExecContext"},
    {"ASwitch",
     "movzx eax, byte ptr [r13]; cmp eax, 2; ja 1f; lea rcx, [rip+jumps]; movsxd rax, dword ptr [rcx+rax*4]; add rax, "
     "rcx; jmp rax",
     "410fb6450083f8027710488d0dbc000000486304814801c8ffe0", ""},
    {"ASwitchWithoutBounds",
     "movzx eax, byte ptr [r13]; lea rcx, [rip+jumps]; movsxd rax, dword ptr [rcx+rax*4]; add rax, rcx; jmp rax",
     "410fb64500488d0dc1000000486304814801c8ffe0", "outside of its constants"},
    {"ASwitchWithOneMore",
     "movzx eax, byte ptr [r13]; cmp eax, 3; ja 1f; lea rcx, [rip+jumps]; movsxd rax, dword ptr [rcx+rax*4]; add rax, "
     "rcx; jmp rax",
     "410fb6450083f8037710488d0dbc000000486304814801c8ffe0", "leads out of its code"},
    {"ASwitchBetweenEntries",
     "movzx eax, byte ptr [r13]; cmp eax, 2; ja 1f; lea rcx, [rip+jumps]; movsxd rax, dword ptr [rcx+rax]; add rax, "
     "rcx; jmp rax",
     "410fb6450083f8027710488d0dbc000000486304014801c8ffe0", "not known"},
    {"AnAccessWithoutTheFrameOnTheStack", "mov eax, [r13]; mov qword ptr [rsp-0x18], 0; mov ecx, [r15+rax]",
     "418b450048c74424e800000000418b0c07", "the frame is not where it is looked for"},
    {"AnAccessWithoutTheContextOnTheStack", "mov eax, [r13]; mov [rsp-0x10], r13; mov ecx, [r15+rax]",
     "418b45004c896c24f0418b0c07", "the frame is not where it is looked for"},
    {"AnAccessWhileTheStackPointerIsElsewhere", "mov eax, [r13]; push rax; mov ecx, [r15+rax]; pop rax",
     "418b450050418b0c0758", "the frame is not where it is looked for"},
};

class OptimizedCode : public testing::TestWithParam<Case> {};

TEST_P(OptimizedCode, IsAcceptedOrRefused) {
  const std::string problem = problem_of(GetParam().bytes);
  SCOPED_TRACE(GetParam().assembly);
  if (std::string_view(GetParam().why).empty()) EXPECT_EQ(problem, "");
  else EXPECT_NE(problem.find(GetParam().why), std::string::npos) << problem;
}

INSTANTIATE_TEST_SUITE_P(Cases, OptimizedCode, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(OptimizedCodeAtItsEntry, AccessesItsParametersOnlyBeforeTheFrameIsChecked) {
  EXPECT_EQ(problem_of("", "498b4508"), "");  // mov rax, [r13+8]
  EXPECT_EQ(problem_of("", "498b4518"), "");  // mov rax, [r13+0x18]: the header
  EXPECT_NE(problem_of("", "498b4520"), "");  // mov rax, [r13+0x20]
}

TEST(OptimizedCodeAtItsEntry, ChecksTheRightWay) {
  const std::string access = "49c7455800000000";  // mov qword ptr [r13+0x58], 0
  EXPECT_EQ(problem_of(access), "");
  std::string other_way(kEntry);
  other_way.replace(other_way.find("771a"), 4, "761a");  // jbe
  EXPECT_NE(problem_of(access, other_way), "");
  std::string less(kEntry);
  less.replace(less.find("498d4d60"), 8, "498d4d58");  // lea rcx, [r13+0x58]
  EXPECT_NE(problem_of(access, less), "");
  std::string other_limit(kEntry);
  other_limit.replace(other_limit.find("483b08"), 6, "483b10");  // cmp rdx, [rax]
  EXPECT_NE(problem_of(access, other_limit), "");
}

// Anything may be refused, but nothing is read beyond the code, and it ends.
TEST(OptimizedCodeAtItsEntry, AnyBytesHaveAnAnswer) {
  uint32_t random = 1;
  for (unsigned n = 0; n < 20'000; ++n) {
    const Case& c = kCases[n % std::size(kCases)];
    std::vector<uint8_t> bytes = bytes_of(std::string(kEntry) + c.bytes + "c3");
    for (unsigned i = 0; i <= n % 3; ++i) {
      random = random * 1664525 + 1013904223;
      bytes[(random >> 8) % bytes.size()] = static_cast<uint8_t>(random >> 24);
    }
    static_cast<void>(check({.bytes = bytes,
                             .code_size = static_cast<uint32_t>(bytes.size()),
                             .register_entry = random % 5 == 0 ? 8u : 0u,
                             .entry = 0,
                             .state = {.register_number = 4, .offset = -0x18},
                             .positions = {}}));
  }
}

}  // namespace
}  // namespace ermine::verify::optimized
#endif
