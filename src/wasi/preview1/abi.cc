#include "wasi/preview1/abi.h"

namespace ermine::wasi {

void describe_number(std::string& to, uint64_t value) { to += std::to_string(value); }
void describe_signed(std::string& to, int64_t value) { to += std::to_string(value); }

void describe_text(std::string& to, std::string_view text) {
  constexpr size_t kMost = 128;
  constexpr char kHex[] = "0123456789abcdef";
  to += '"';
  for (char c : text.substr(0, kMost)) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      to += "\\x";
      to += kHex[byte >> 4];
      to += kHex[byte & 15];
    } else {
      to += c;
    }
  }
  to += text.size() > kMost ? "\"..." : "\"";
}

}  // namespace ermine::wasi
