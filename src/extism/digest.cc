#include "extism/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <climits>

namespace ermine::extism {

std::string sha256(std::span<const uint8_t> bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(bytes.data(), bytes.size(), digest);
  std::string out;
  for (const unsigned char byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::optional<std::vector<uint8_t>> decode_base64(std::string_view text) {
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  if (text.size() % 4 != 0 || text.size() > INT_MAX) return std::nullopt;
  // OpenSSL would also take spaces at both ends, and padding in the middle.
  if (text.substr(0, text.size() - padding).find_first_of(" \t\r\n=") != std::string_view::npos) return std::nullopt;
  std::vector<uint8_t> out(text.size() / 4 * 3);
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DecodeBlock(out.data(), from, static_cast<int>(text.size())) != static_cast<int>(out.size()))
    return std::nullopt;
  out.resize(out.size() - padding);
  return out;
}

}  // namespace ermine::extism
