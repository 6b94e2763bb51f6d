#include "wasi/http/syntax.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace ermine::wasi::http {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_alpha(c) || is_digit(c); }
bool is_one_of(char c, std::string_view set) { return set.contains(c); }

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || !is_digit(text[0]) || error != std::errc() || end != text.data() + text.size()) return {};
  return n;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || is_one_of(c, "!#$%&'*+-.^_`|~"); });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_forbidden_field(std::string_view name) {
  static constexpr const char* kNames[] = {"connection",
                                           "host",
                                           "http2-settings",
                                           "keep-alive",
                                           "proxy-authenticate",
                                           "proxy-authorization",
                                           "proxy-connection",
                                           "transfer-encoding",
                                           "upgrade"};
  return std::ranges::any_of(kNames, [&](const char* forbidden) { return same_name(name, forbidden); });
}

// Programs send more characters than RFC 3986 allows; none of these can end the request line or begin a fragment.
bool is_path_with_query(std::string_view text) {
  if (text.empty() || text == "*") return true;
  return (text[0] == '/' || text[0] == '?') &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool is_path_reference(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte > 0x20 && byte != 0x7f && !is_one_of(c, "#<>`");
  });
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || is_one_of(c, "+-."); });
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority out;
  if (const size_t at = text.rfind('@'); at != text.npos) {
    const std::string_view user = text.substr(0, at);
    if (!std::ranges::all_of(user, [](char c) { return is_word(c) || is_one_of(c, "-._~!$&'()*+,;=:%"); })) return {};
    out.has_user = true;
    text.remove_prefix(at + 1);
  }
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return {};
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!out.host.contains(':') ||
        !std::ranges::all_of(out.host, [](char c) { return is_one_of(c, "0123456789abcdefABCDEF:."); }))
      return {};
  } else {
    const size_t end = std::min(text.find(':'), text.size());
    out.host = text.substr(0, end);
    rest = text.substr(end);
    if (out.host.empty() || !std::ranges::all_of(out.host, [](char c) { return is_word(c) || is_one_of(c, "-._~"); }))
      return {};
  }
  if (rest.empty() || rest == ":") return out;
  if (rest[0] != ':') return {};
  out.port = parse_number<uint16_t>(rest.substr(1));
  if (!out.port) return {};
  return out;
}

std::optional<uint64_t> parse_length(std::string_view text) { return parse_number<uint64_t>(text); }

}  // namespace ermine::wasi::http
