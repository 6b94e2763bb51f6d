// WIT packages as components (WIT.md, "Package Format"): each interface and world is a type that the component exports,
// with the types that it uses from other packages in it. The bytes are those of wasm-tools, without its custom
// sections: documentation and gates are not a part of the format, and not encoded.
#pragma once

#include <cstdint>
#include <vector>

#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::wit {

// kUnsupported for types that have no binary form (records, flags and tuples without parts, flags with more than 32
// names, stream<char>, streams and futures of borrowed handles), and beyond kMaxEncodedBytes.
Result<std::vector<uint8_t>> encode(const Resolve& resolve, PackageId package);

// One world in the form that it has in an encoded package: a component type that exports the world's type.
Result<std::vector<uint8_t>> encode_world(const Resolve& resolve, WorldId world);

// The type of components that target the world, encoded as a component type (Binary.md, componenttype).
Result<std::vector<uint8_t>> encode_world_type(const Resolve& resolve, WorldId world);

}  // namespace ermine::component::wit
