// What a component begins with: the magic number, version 13, and the layer of components. (Binary.md, "Component
// Definitions".)
#pragma once

#include <array>
#include <cstdint>

namespace ermine::component {

inline constexpr std::array<uint8_t, 8> kPreamble = {0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00};

}  // namespace ermine::component
