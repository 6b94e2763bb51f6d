// Implementation limits. They are those of the JavaScript embedding (WebAssembly JS API, "Implementation-defined
// limits") where it has one, so that a module that runs in browsers runs here.
#pragma once
#include <cstdint>

namespace ermine::wasm {
inline constexpr uint64_t kMaxModuleSize = 1u << 30;
inline constexpr uint32_t kMaxTypes = 1'000'000;
inline constexpr uint32_t kMaxRecGroupSize = 1'000'000;
inline constexpr uint32_t kMaxFunctions = 1'000'000;
inline constexpr uint32_t kMaxImports = 1'000'000;
inline constexpr uint32_t kMaxExports = 1'000'000;
inline constexpr uint32_t kMaxGlobals = 1'000'000;
inline constexpr uint32_t kMaxTags = 1'000'000;
inline constexpr uint32_t kMaxDataSegments = 100'000;
inline constexpr uint32_t kMaxElemSegments = 10'000'000;
inline constexpr uint32_t kMaxTables = 100'000;
inline constexpr uint32_t kMaxMemories = 100;
inline constexpr uint32_t kMaxTableElems = 10'000'000;       // initial and grown
inline constexpr uint32_t kMaxFunctionSize = 7'654'321;      // bytes of a body
inline constexpr uint32_t kMaxLocals = 50'000;
inline constexpr uint32_t kMaxParams = 1'000;
inline constexpr uint32_t kMaxResults = 1'000;
inline constexpr uint32_t kMaxStructFields = 10'000;
inline constexpr uint32_t kMaxArrayNewFixed = 10'000;
inline constexpr uint32_t kMaxSubtypeDepth = 63;
inline constexpr uint32_t kMaxBrTableSize = 65'520;
inline constexpr uint32_t kMaxNesting = 50'000;              // blocks within blocks
// Slots of one frame: an operand of the register code has 16 bits.
inline constexpr uint32_t kMaxFrameSlots = 60'000;
inline constexpr uint64_t kMaxMemory32Pages = 65'536;
inline constexpr uint64_t kMaxMemory64Bytes = uint64_t{1} << 34;  // the maximum of memory.grow for a 64-bit memory
}  // namespace ermine::wasm
