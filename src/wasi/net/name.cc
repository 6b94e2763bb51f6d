#include "wasi/net/name.h"

#include <dlfcn.h>

#include <algorithm>

namespace ermine::wasi::net {
namespace {

constexpr size_t kLongestName = 253, kLongestLabel = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Host names have letters, digits and hyphens; names of services also underscores.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLongestLabel || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

// No top-level domain is a number. The C library takes such names as addresses in historical forms.
bool is_number(std::string_view label) {
  if (label.starts_with("0x")) return std::ranges::all_of(label.substr(2), is_hex);
  return std::ranges::all_of(label, is_digit);
}

NameError normalise_ascii(std::string name, std::string& out) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.size() > kLongestName) return NameError::kMalformed;
  for (size_t at = 0; at <= name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    const std::string_view label = std::string_view(name).substr(at, dot - at);
    if (!is_label(label) || (dot == name.size() && is_number(label))) return NameError::kMalformed;
    at = dot + 1;
  }
  out = std::move(name);
  return NameError::kNone;
}

// The functions of libidn2 that are used.
struct Idn {
  int (*lookup)(const uint8_t* source, uint8_t** name, int flags) = nullptr;
  void (*release)(void*) = nullptr;
};

Idn load_idn() {
  Idn idn;
  void* library = dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return idn;
  idn.lookup = reinterpret_cast<decltype(idn.lookup)>(dlsym(library, "idn2_lookup_u8"));
  idn.release = reinterpret_cast<decltype(idn.release)>(dlsym(library, "idn2_free"));
  return idn;
}

}  // namespace

NameError normalise_name(std::string_view text, bool convert, std::string& out) {
  if (text.empty() || text.size() > 4 * kLongestName || text.contains('\0')) return NameError::kMalformed;
  const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return normalise_ascii(std::string(text), out);
  if (!convert) return NameError::kNotAscii;
  static const Idn idn = load_idn();
  if (idn.lookup == nullptr || idn.release == nullptr) return NameError::kNotAscii;
  constexpr int kNfcInput = 1, kNonTransitional = 8;
  uint8_t* converted = nullptr;
  const std::string source(text);
  if (idn.lookup(reinterpret_cast<const uint8_t*>(source.c_str()), &converted, kNfcInput | kNonTransitional) != 0)
    return NameError::kMalformed;
  std::string name(reinterpret_cast<const char*>(converted));
  idn.release(converted);
  return normalise_ascii(std::move(name), out);
}

}  // namespace ermine::wasi::net
