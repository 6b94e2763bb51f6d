// Limits of WIT packages. They bound memory and recursion on hostile text; real packages stay far below.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ermine::component::wit {

// Text of all files of one Resolve. The model takes at most some thirty times as much memory. (The packages of WASI 0.3
// together have 0.3 MB.)
inline constexpr size_t kMaxSourceBytes = 8 << 20;
// Files of one folder and its dependencies.
inline constexpr size_t kMaxFiles = 10'000;
// Nesting of types such as list<list<u8>>; the same as in wasm-tools (wit-parser's MAX_TYPE_DEPTH).
inline constexpr unsigned kMaxTypeNesting = 100;
// Length of a chain of interfaces that each use types of the next. (WASI's longest has 5.)
inline constexpr unsigned kMaxUseDepth = 200;
// Elements of a tuple, fields of a record and so on have no limit of their own: they are in the text.
// What `include` and the interfaces that a world needs implicitly may add to worlds, in bytes of the model: the text
// does not bound it, because each of many worlds may include a large one.
inline constexpr size_t kMaxExpansion = 64 << 20;

// Size of a package that is encoded as a component: each interface has a copy of those that it uses.
inline constexpr size_t kMaxEncodedBytes = 64 << 20;
// Names of flags (Binary.md, "Type Definitions").
inline constexpr size_t kMaxFlagNames = 32;

}  // namespace ermine::component::wit
