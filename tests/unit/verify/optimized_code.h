// Code that is written by hand, for tests of the verifier of optimised code. On x86-64 only.
#pragma once

#include <string>
#include <string_view>

#include "verify/optimized/verifier.h"

namespace ermine::verify::optimized {

struct Case {
  const char *name, *assembly, *bytes, *why;  // `why`: a part of the problem; empty: there is none
};

// mov rax, [r14+0x10]; lea rcx, [r13+0x60]; cmp rcx, [rax]; ja fail; mov rcx, r13; shr rcx, 1; lea rdx, [rsp];
// lea rcx, [rcx+rdx-0x4000]; cmp rcx, [rax+0x20]; jb fail; jmp on; fail: ud2;
// on: mov [rsp-0x18], r13; mov [rsp-0x10], r14
inline constexpr std::string_view kEntry =
    "498b4610498d4d60483b08771a4c89e948d1e9488d1424488d8c1100c0ffff483b48207202eb020f0b4c896c24e84c897424f0";

std::vector<uint8_t> bytes_of(std::string_view digits);
// What the verifier says to code as that of the function in optimized_code.cc.
std::string check(const Code& code);
// The entry, this code, the return; at 0x100 a table of jumps with three entries for the return and one for nowhere.
std::string problem_of(std::string_view code, std::string_view entry = kEntry);

}  // namespace ermine::verify::optimized
