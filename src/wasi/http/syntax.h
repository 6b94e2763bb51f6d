// The syntax of HTTP's fields (RFC 9110, section 5) and of the parts of a URI (RFC 3986) that a program may give, so
// that nothing it says can become another line of a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ermine::wasi::http {

// Names of fields and methods.
bool is_token(std::string_view text);
// Neither control characters, except tabs, nor line ends.
bool is_field_value(std::string_view text);
// Fields of the connection or of the protocol, which only the host sets. In any case.
bool is_forbidden_field(std::string_view name);
// In any case.
bool same_name(std::string_view a, std::string_view b);
bool is_path_with_query(std::string_view text);
// The same, also relative, and with characters that are not ASCII.
bool is_path_reference(std::string_view text);
bool is_scheme(std::string_view text);

struct Authority {
  std::string host;  // a name or an address, that of IPv6 without brackets
  std::optional<uint16_t> port;
  bool has_user = false;
};
// Nothing if it is none.
std::optional<Authority> parse_authority(std::string_view text);
// The value of content-length.
std::optional<uint64_t> parse_length(std::string_view text);

}  // namespace ermine::wasi::http
