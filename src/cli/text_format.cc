#include "cli/text_format.h"

#include <string_view>

#ifdef ERMINE_HAS_TEXT
#include "text/text.h"
#endif

namespace ermine::cli {

bool looks_like_text(const std::vector<uint8_t>& bytes, const std::string& path) {
  if (path.ends_with(".wat")) return true;
  for (uint8_t b : bytes) {
    if (b == ' ' || b == '\t' || b == '\n' || b == '\r') continue;
    return b == '(' || b == ';';
  }
  return false;
}

Result<std::vector<uint8_t>> assemble(const std::vector<uint8_t>& bytes, const std::string& path) {
#ifdef ERMINE_HAS_TEXT
  text::ParseOptions options;
  options.emit_names = true;
  options.file_name = path;
  return text::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, options);
#else
  return Error(ErrorKind::kUnsupported, path + " is text, and this build of ermine has no text format");
#endif
}

}  // namespace ermine::cli
