#include "launch/text_format.h"

#include <string_view>

#include "base/format.h"

#ifdef ERMINE_HAS_TEXT
#include "text/text.h"
#endif

namespace ermine::launch {

namespace {

// The first byte that is no blank, or nothing.
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

Result<std::vector<uint8_t>> assemble(const std::vector<uint8_t>& bytes, const std::string& path) {
#ifdef ERMINE_HAS_TEXT
  text::ParseOptions options;
  options.emit_names = true;
  options.file_name = path;
  return text::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, options);
#else
  return Error(ErrorKind::kUnsupported, base::format("{} is text, and this build of ermine has no text format", path));
#endif
}

}  // namespace ermine::launch
