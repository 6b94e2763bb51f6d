// Prints packages as WIT text: what a Resolve has, with documentation and gates. The text is that of wasm-tools'
// printer, and reading it gives the same packages again. Worlds are printed as they are elaborated, without `include`.
#pragma once

#include <span>
#include <string>

#include "component/wit/resolve.h"

namespace ermine::component::wit {

struct PrintOptions {
  bool docs = true;
  bool gates = true;  // @since, @unstable and @deprecated
};

// `nested` are further packages, which follow in braces: with all that `package` depends on, the text is complete.
std::string print(const Resolve& resolve, PackageId package, std::span<const PackageId> nested = {},
                  const PrintOptions& options = {});

// A type as it is written in the interface or world that it belongs to: "list<u8>", "datetime".
std::string print_type(const Resolve& resolve, Type type);

}  // namespace ermine::component::wit
