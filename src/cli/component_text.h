// The text format of components for commands, in builds that have components.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"
#include "text/print/dump.h"
#include "text/print/print.h"

namespace ermine::cli {

// Errors: as those of component::parse_text(), component::print_text() and component::dump(); kUnsupported in other
// builds.
Result<std::vector<uint8_t>> parse_component(std::string_view text, bool emit_names, std::string_view file);
Result<std::string> print_component(std::span<const uint8_t> bytes, const text::PrintOptions& options);
Result<void> dump_component(std::span<const uint8_t> bytes, const text::DumpOptions& options,
                            const text::TextSink& sink);

}  // namespace ermine::cli
