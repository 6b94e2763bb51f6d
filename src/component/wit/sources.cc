// See sources.h.
#include "component/wit/sources.h"

#include <functional>

#include "base/format.h"
#include "component/wit/limits.h"

namespace ermine::component::wit {

bool Sources::fits(size_t bytes) const { return bytes <= kMaxSourceBytes - bytes_ && files_.size() < kMaxFiles; }

text::Source Sources::add(std::string file_name, std::string content) {
  if (!fits(content.size())) return {};
  bytes_ += content.size();
  const File& file = files_.emplace_back(std::move(file_name), std::move(content));
  return {file.content, file.name};
}

text::Source Sources::source_of(const char* at) const {
  const std::less<const char*> before;
  for (const File& file : files_) {
    const char* begin = file.content.data();
    if (at != nullptr && !before(at, begin) && !before(begin + file.content.size(), at))
      return {file.content, file.name};
  }
  return {};
}

Error Sources::error_at(const char* at, size_t length, std::string_view message, std::string_view hint,
                        ErrorKind kind) const {
  const text::Source source = source_of(at);
  if (source.text.data() != nullptr) return text::error_at(source, at, length, message, hint, kind);
  std::string out(message);
  if (!hint.empty()) out += base::format("\n  hint: {:t}", hint);
  return Error(kind, std::move(out));
}

std::string Sources::place(const char* at) const {
  const text::Source source = source_of(at);
  if (source.text.data() == nullptr) return {};
  const text::Position position = text::position_of(source, at);
  if (source.file_name.empty()) return base::format("{}:{}", position.line, position.column);
  return base::format("{}:{}:{}", source.file_name, position.line, position.column);
}

}  // namespace ermine::component::wit
