#include "wasi/preview1/abi.h"

#include <algorithm>

#include "ermine/printable.h"

namespace ermine::wasi::preview1 {

void describe_number(std::string& to, uint64_t value) { to += std::to_string(value); }
void describe_signed(std::string& to, int64_t value) { to += std::to_string(value); }

// In contrast to messages, quotes and backslashes are escaped as well, so that the end of an argument is unambiguous.
void describe_text(std::string& to, std::string_view text) {
  constexpr size_t kMost = 128;
  to += '"';
  for (std::string_view rest = text.substr(0, kMost); !rest.empty();) {
    const size_t plain = std::min(rest.find_first_of("\"\\"), rest.size());
    to += printable(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    to += '\\';
    to += rest[0];
    rest.remove_prefix(1);
  }
  to += text.size() > kMost ? "\"..." : "\"";
}

}  // namespace ermine::wasi::preview1
