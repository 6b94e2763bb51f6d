// The verifier of optimised code: what it knows about numbers, by code that is written by hand. On x86-64 only.
#include <gtest/gtest.h>

#include "optimized_code.h"

#if defined(__x86_64__)

namespace ermine::verify::optimized {
namespace {

constexpr Case kNumberCases[] = {
    {"ABoundOfAnotherNumber", "mov eax, [r13]; cmp dword ptr [r13+8], 0x1000; ja 1f; mov edx, [r15+rax*8]",
     "418b450041817d08001000007704418b14c7", "leave the reservation"},
    {"ADoubledIndexWithASign", "movsxd rax, dword ptr [r13]; mov ecx, [r15+rax*2]", "49634500418b0c47",
     "leave the reservation"},
    {"AShortIndexWithASign", "movsx rax, word ptr [r13]; mov ecx, [r15+rax*8]", "490fbf4500418b0cc7", ""},
    {"TwoIndicesWithASign",
     "movsxd rax, dword ptr [r13]; movsxd rcx, dword ptr [r13+8]; add rax, rcx; mov ecx, [r15+rax]",
     "4963450049634d084801c8418b0c07", "leave the reservation"},
    {"AnIndexWithASignThatIsExtendedLate", "movzx eax, byte ptr [r13]; dec eax; cdqe; mov ecx, [r15+rax+0xd61]",
     "410fb64500ffc84898418b8c07610d0000", ""},
    {"ABoundWithoutASign", "movsxd rax, dword ptr [r13]; cmp rax, 100; ja 1f; mov ecx, [r15+rax*8]",
     "496345004883f8647704418b0cc7", ""},
    {"OnlyAnUpperBound", "movsxd rax, dword ptr [r13]; cmp rax, 100; jg 1f; mov ecx, [r15+rax*8]",
     "496345004883f8647f04418b0cc7", "leave the reservation"},
    {"BothBounds", "movsxd rax, dword ptr [r13]; cmp rax, 100; jg 1f; test rax, rax; js 1f; mov ecx, [r15+rax*8]",
     "496345004883f8647f094885c07804418b0cc7", ""},
    {"WhatIsNotNegative", "mov eax, [r13]; test eax, eax; js 1f; mov ecx, [r15+rax*2]", "418b450085c07804418b0c47", ""},
    {"WhatIsNegative", "mov eax, [r13]; test eax, eax; jns 1f; mov ecx, [r15+rax*2+0x100]",
     "418b450085c07908418b8c4700010000", "leave the reservation"},
    {"GreaterThanWhatIsNotNegative", "mov eax, [r13]; cmp eax, 5; jle 1f; mov ecx, [r15+rax*2]",
     "418b450083f8057e04418b0c47", ""},
    {"ADifferenceWithoutASign", "mov eax, [r13]; mov ecx, [r13+8]; sub eax, ecx; js 1f; mov ecx, [r15+rax*4]",
     "418b4500418b4d0829c87804418b0c87", "leave the reservation"},
    {"AWayThatIsNotTaken", "mov eax, 5; cmp eax, 3; ja 1f; mov rdx, [r13+0x1000]", "b80500000083f8037707498b9500100000",
     ""},
    {"AWayThatIsTaken", "mov eax, 5; cmp eax, 3; jbe 1f; mov rdx, [r13+0x1000]", "b80500000083f8037607498b9500100000",
     "outside of the frame"},
    {"TheLessOfTwo", "mov eax, [r13]; mov ecx, 100; cmp eax, ecx; cmovae eax, ecx; mov edx, [r15+rax*8]",
     "418b4500b96400000039c80f43c1418b14c7", ""},
    {"TheGreaterOfTwo", "mov eax, [r13]; mov ecx, 100; cmp eax, ecx; cmovb eax, ecx; mov edx, [r15+rax*8]",
     "418b4500b96400000039c80f42c1418b14c7", "leave the reservation"},
    {"BitsOfARegister", "mov rax, [r13]; mov ecx, 0x0c03; bextr rax, rax, rcx; mov edx, [r15+rax*8]",
     "498b4500b9030c0000c4e2f0f7c0418b14c7", ""},
    {"TooManyBitsOfARegister", "mov rax, [r13]; mov ecx, 0x2003; bextr rax, rax, rcx; mov edx, [r15+rax*8]",
     "498b4500b903200000c4e2f0f7c0418b14c7", "leave the reservation"},
    {"ARest", "mov eax, [r13]; xor edx, edx; mov ecx, 100; div ecx; mov edx, [r15+rdx*8]",
     "418b450031d2b964000000f7f1418b14d7", ""},
    {"AQuotient", "mov eax, [r13]; xor edx, edx; mov ecx, 100; div ecx; mov edx, [r15+rax*8]",
     "418b450031d2b964000000f7f1418b14c7", "leave the reservation"},
    {"ARestOfMore", "mov eax, [r13]; mov edx, [r13+8]; mov rcx, [r13]; div rcx; mov edx, [r15+rdx]",
     "418b4500418b5508498b4d0048f7f1418b1417", "reads at an address that is not known"},
    {"ACountOfBits", "mov rax, [r13]; popcnt rax, rax; mov edx, [r15+rax*8]", "498b4500f3480fb8c0418b14c7", ""},
    {"ASpilledNumberOf32Bits",
     "movzx eax, byte ptr [r13]; mov [rsp-0x20], eax; mov ecx, [rsp-0x20]; mov edx, [r15+rcx*8]",
     "410fb64500894424e08b4c24e0418b14cf", ""},
    {"ASpilledNumberThatWasWrittenInPart",
     "movzx eax, byte ptr [r13]; mov [rsp-0x20], eax; mov byte ptr [rsp-0x1e], 1; mov ecx, [rsp-0x20]; mov edx, "
     "[r15+rcx*8]",
     "410fb64500894424e0c64424e2018b4c24e0418b14cf", "leave the reservation"},
    {"MoreThanWasSpilled", "movzx eax, byte ptr [r13]; mov [rsp-0x20], eax; mov rcx, [rsp-0x20]; mov edx, [r15+rcx]",
     "410fb64500894424e0488b4c24e0418b140f", "reads at an address that is not known"},
    {"ATruthValueInABytePart",
     "xor edx, edx; cmp byte ptr [r13], 1; sete sil; mov dl, sil; lea rcx, [rip+jumps]; mov rax, [rcx+rdx*8]",
     "31d241807d0001400f94c64088f2488d0db8000000488b04d1", ""},
    {"ATruthValueBehindTheConstants",
     "xor edx, edx; cmp byte ptr [r13], 1; sete sil; mov dl, sil; lea rcx, [rip+jumps]; mov rax, [rcx+rdx*8+8]",
     "31d241807d0001400f94c64088f2488d0db8000000488b44d108", "outside of its constants"},
    {"ATruthValueWithOtherBits",
     "mov rdx, [r13]; cmp byte ptr [r13], 1; sete dl; lea rcx, [rip+jumps]; mov rax, [rcx+rdx*8]",
     "498b550041807d00010f94c2488d0dba000000488b04d1", "reads at an address that is not known"},
    {"APartThatWasExtended",
     "mov rsi, [r13]; mov [rsp-0x20], rsi; movsx eax, sil; movzx ecx, al; cmp byte ptr [rsp-0x20], 3; ja 1f; lea rdi, "
     "[rip+jumps]; mov edx, [rdi+rcx*4]",
     "498b750048897424e0400fbec60fb6c8807c24e003770a488d3daf0000008b148f", ""},
    {"APartThatWasExtendedFromAnother",
     "mov rsi, [r13]; mov [rsp-0x20], rsi; mov rsi, [r13+8]; movsx eax, sil; movzx ecx, al; cmp byte ptr [rsp-0x20], "
     "3; ja 1f; lea rdi, [rip+jumps]; mov edx, [rdi+rcx*4]",
     "498b750048897424e0498b7508400fbec60fb6c8807c24e003770a488d3dab0000008b148f", "outside of its constants"},
    {"APointerThatALoopChanges",
     "lea rcx, [r15+0x150]; 2: mov edx, [rcx]; mov eax, [r13]; lea rcx, [r15+rax]; cmp byte ptr [r13], 0; jne 2b",
     "498d8f500100008b11418b4500498d0c0741807d000075ef", ""},
    {"APointerThatALoopMoves", "lea rcx, [r15+0x150]; 2: mov edx, [rcx]; add rcx, 8; cmp byte ptr [r13], 0; jne 2b",
     "498d8f500100008b114883c10841807d000075f3", "reads at an address that is not known"},
    {"AnElementBelowTheUpperBitsOfTheSize",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rcx, [rax+8]; mov rsi, rcx; shr rsi, 4; je 1f; mov esi, "
     "15; cmp rsi, rcx; cmovae rsi, rcx; mov rcx, [rdx+rsi*8]",
     "498b4628488b00488b10488b48084889ce48c1ee047410be0f0000004839ce480f43f1488b0cf2", ""},
    {"AnElementAboveTheUpperBitsOfTheSize",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rcx, [rax+8]; mov rsi, rcx; shr rsi, 4; je 1f; mov esi, "
     "16; cmp rsi, rcx; cmovae rsi, rcx; or rcx, 0; mov qword ptr [rdx+rsi*8], 0",
     "498b4628488b00488b10488b48084889ce48c1ee047418be100000004839ce480f43f14883c90048c704f200000000",
     "writes at an address that is not known"},
    {"AnElementBesideTheUpperBitsOfTheSize",
     "mov rax, [r14+0x28]; mov rax, [rax]; mov rdx, [rax]; mov rcx, [rax+8]; mov rsi, rcx; shr rsi, 4; jb 1f; mov esi, "
     "15; cmp rsi, rcx; cmovae rsi, rcx; mov qword ptr [rdx+rsi*8], 0",
     "498b4628488b00488b10488b48084889ce48c1ee047214be0f0000004839ce480f43f148c704f200000000",
     "writes at an address that is not known"},
    {"AnOpenMemoryAtAKnownIndex",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, "
     "[rdx-3]; xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; test rsi, rsi; jne 1f; add rcx, rsi; "
     "and rax, rcx; je 1f; mov edx, [rax]",
     "498b7e30488b7f18498b7500488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04885f6750a4801f14821c874028b10",
     ""},
    {"AnOpenMemoryBesideAKnownIndex",
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov esi, 0; mov rcx, [rdi+8]; mov rdx, [rdi+0x10]; lea r8, [rdx-3]; "
     "xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, 8; and rax, rcx; je 1f; mov edx, "
     "[rax]",
     "498b7e30488b7f18be00000000488b4f08488b57104c8d42fd4531c94883fa044d0f42c14c39c64819c04883c1084821c874028b10",
     "reads at an address that is not known"},
    {"ATruthValueOfTwoWays",
     "mov rbx, [r13]; cmp byte ptr [r13], 1; sete bl; jne 2f; cmp byte ptr [r13], 2; setb bl; 2: xor edx, edx; mov dl, "
     "bl; lea rcx, [rip+jumps]; mov rax, [rcx+rdx*8]",
     "498b5d0041807d00010f94c3750841807d00020f92c331d288da488d0dac000000488b04d1", ""},
    {"ATruthValueAndANumber",
     "mov rbx, [r13]; cmp byte ptr [r13], 1; sete bl; jne 2f; mov rbx, [r13+8]; 2: xor edx, edx; mov dl, bl; lea rcx, "
     "[rip+jumps]; mov rax, [rcx+rdx*8]",
     "498b5d0041807d00010f94c37504498b5d0831d288da488d0db0000000488b04d1", "outside of its constants"},
    {"TheSumOfATruthValue",
     "mov rbx, [r13]; cmp byte ptr [r13], 1; sete bl; inc rbx; xor edx, edx; mov dl, bl; lea rcx, [rip+jumps]; mov "
     "rax, [rcx+rdx*8]",
     "498b5d0041807d00010f94c348ffc331d288da488d0db3000000488b04d1", "outside of its constants"},
    {"AConstantOfTwoTables",
     "lea rcx, [rip+jumps]; lea rdx, [rip+jumps+8]; cmp byte ptr [r13], 1; cmove rcx, rdx; mov rax, [rcx]",
     "488d0dc6000000488d15c700000041807d0001480f44ca488b01", ""},
    {"AConstantBehindTwoTables",
     "lea rcx, [rip+jumps]; lea rdx, [rip+jumps+8]; cmp byte ptr [r13], 1; cmove rcx, rdx; mov rax, [rcx+4]",
     "488d0dc6000000488d15c700000041807d0001480f44ca488b4104", "outside of its constants"},
    {"NegativeAndPositiveConstants",
     "mov rax, -8; cmp byte ptr [r13], 1; jne 2f; mov eax, 16; 2: mov edx, [r15+rax+0x100]",
     "48c7c0f8ffffff41807d00017505b810000000418b940700010000", ""},
    {"AJumpThroughTwoTables",
     "lea rcx, [rip+jumps]; lea rdx, [rip+jumps+1]; cmp byte ptr [r13], 1; cmove rcx, rdx; movzx eax, byte ptr [r13]; "
     "cmp eax, 2; ja 1f; movsxd rax, dword ptr [rcx+rax*4]; add rax, rcx; jmp rax",
     "488d0dc6000000488d15c000000041807d0001480f44ca410fb6450083f8027709486304814801c8ffe0", "not known"},
    {"ARegisterThatACallPreserves",
     "push r14; mov rdi, [r14+0x10]; mov eax, 0x12340000; call rax; pop rcx; mov rax, [rcx+0x10]",
     "4156498b7e10b800003412ffd059488b4110", ""},
    {"AWordThatACallOverwrites",
     "mov [rsp-0x30], r14; mov rdi, [r14+0x10]; mov eax, 0x12340000; call rax; mov rcx, [rsp-0x30]; mov rax, "
     "[rcx+0x10]",
     "4c897424d0498b7e10b800003412ffd0488b4c24d0488b4110", "reads at an address that is not known"},
    {"AnOpenMemoryThatDoesNotMove",
     "mov rbx, [r14+0x30]; mov rbx, [rbx+0x18]; mov rbx, [rbx+8]; mov rdi, [r14+0x10]; mov eax, 0x12340000; call rax; "
     "mov rdi, [r14+0x30]; mov rdi, [rdi+0x18]; mov rsi, [r13]; mov rcx, rbx; mov rdx, [rdi+0x10]; lea r8, [rdx-3]; "
     "xor r9d, r9d; cmp rdx, 4; cmovb r8, r9; cmp rsi, r8; sbb rax, rax; add rcx, rsi; and rax, rcx; je 1f; mov edx, "
     "[rax]",
     "498b5e30488b5b18488b5b08498b7e10b800003412ffd0498b7e30488b7f18498b75004889d9488b57104c8d42fd4531c94883fa044d0f42c"
     "14c39c64819c04801f14821c874028b10",
     ""},
};

class OptimizedNumbers : public testing::TestWithParam<Case> {};

TEST_P(OptimizedNumbers, AreBounded) {
  const std::string problem = problem_of(GetParam().bytes);
  SCOPED_TRACE(GetParam().assembly);
  if (std::string_view(GetParam().why).empty()) EXPECT_EQ(problem, "");
  else EXPECT_NE(problem.find(GetParam().why), std::string::npos) << problem;
}

INSTANTIATE_TEST_SUITE_P(Cases, OptimizedNumbers, testing::ValuesIn(kNumberCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace ermine::verify::optimized
#endif
