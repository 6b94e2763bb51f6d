// Lists a binary component, with the modules and components in it, as text/print/dump.h does it for a module: sections,
// their entries, instructions and bytes, each with its offset in the whole binary.
#pragma once

#include "text/print/dump.h"

namespace ermine::component {

// Sections of components are named "core module", "alias" and so on. Errors: the first error; what could be read has
// reached the sink.
Result<void> dump(std::span<const uint8_t> component, const text::DumpOptions& options, const text::TextSink& sink);

}  // namespace ermine::component
