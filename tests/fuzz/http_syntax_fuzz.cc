// Fuzz target: what the syntax of HTTP accepts cannot end a line, a request line or a part of a URL, and an authority
// has only a host and a port that the URL made of them has again.
//
// Seeds: seeds/http_syntax.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "wasi/http/syntax.h"

using namespace ermine::wasi::http;

namespace {

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

bool has_any(std::string_view text, std::string_view set) { return text.find_first_of(set) != text.npos; }
constexpr std::string_view kLineEnds("\r\n\0", 3);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (is_field_value(text)) check(!has_any(text, kLineEnds), "a value has a line end");
  if (is_token(text))
    check(!has_any(text, kLineEnds) && !has_any(text, " :\t") && !text.empty(), "a name has a separator");
  if (is_path_with_query(text)) check(!has_any(text, kLineEnds) && !has_any(text, " #\t"), "a path has a separator");
  if (is_scheme(text)) check(!has_any(text, kLineEnds) && !has_any(text, " :/"), "a scheme has a separator");
  const std::optional<Authority> authority = parse_authority(text);
  if (!authority || authority->has_user) return 0;
  check(!authority->host.empty() && !has_any(authority->host, kLineEnds) && !has_any(authority->host, " /?#@[]%"),
        "a host has a separator");
  const bool v6 = authority->host.contains(':');
  std::string again = v6 ? "[" + authority->host + "]" : authority->host;
  if (authority->port) again += ":" + std::to_string(*authority->port);
  const std::optional<Authority> same = parse_authority(again);
  check(same && same->host == authority->host && same->port == authority->port,
        "an authority is another one when written");
  return 0;
}
