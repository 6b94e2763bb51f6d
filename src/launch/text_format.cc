#include "launch/text_format.h"

#include <string_view>

#include "base/format.h"

#ifdef ERMINE_HAS_TEXT
#include "text/text.h"
#endif

namespace ermine::launch {

namespace {

// The first byte that is not a blank, or nothing.
const uint8_t* first_word(std::span<const uint8_t> bytes) {
  for (const uint8_t& b : bytes)
    if (b != ' ' && b != '\t' && b != '\n' && b != '\r') return &b;
  return nullptr;
}

}  // namespace

bool looks_like_text(std::span<const uint8_t> bytes, const std::string& path) {
  const uint8_t* first = first_word(bytes);
  return path.ends_with(".wat") || (first != nullptr && (*first == '(' || *first == ';'));
}

bool may_be_text(std::span<const uint8_t> beginning, const std::string& path) {
  return first_word(beginning) == nullptr || looks_like_text(beginning, path);
}

#ifdef ERMINE_HAS_TEXT
namespace {
text::ParseOptions parse_options(const std::string& path) {
  text::ParseOptions options;
  options.emit_names = true;
  options.file_name = path;
  return options;
}
std::string_view view(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
}  // namespace
#endif

Error in_text(const std::vector<uint8_t>& text, const std::string& path, std::span<const uint8_t> module,
              const Error& error) {
#ifdef ERMINE_HAS_TEXT
  if (error.offset() != Error::kNoOffset) {
    Error placed = text::in_text(view(text), parse_options(path), module, error);
    if (placed.offset() == Error::kNoOffset) return placed;
  }
#else
  static_cast<void>(text), static_cast<void>(module);
#endif
  return Error(error.clone().with_context(path));
}

Result<std::vector<uint8_t>> assemble(const std::vector<uint8_t>& bytes, const std::string& path) {
#ifdef ERMINE_HAS_TEXT
  return text::parse(view(bytes), parse_options(path));
#else
  return Error(ErrorKind::kUnsupported, base::format("{} is text, and this build of ermine has no text format", path));
#endif
}

}  // namespace ermine::launch
