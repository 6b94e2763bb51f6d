#include "wasi/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace ermine::wasi::net {
namespace {

using Bytes = std::array<uint8_t, 16>;

struct Range {
  AddressKind kind;
  uint8_t bits;
  IpAddress first;
};

constexpr Bytes groups(const uint16_t (&group)[8]) {
  Bytes bytes{};
  for (unsigned i = 0; i < 8; ++i) {
    bytes[2 * i] = static_cast<uint8_t>(group[i] >> 8);
    bytes[2 * i + 1] = static_cast<uint8_t>(group[i]);
  }
  return bytes;
}

constexpr Range kRanges[] = {
#define V4(kind, bits, ...) {AddressKind::kind, bits, {{__VA_ARGS__}, false}},
#define V6(kind, bits, ...) {AddressKind::kind, bits, {groups({__VA_ARGS__}), true}},
#include "wasi/net/address_kinds.def"
};

constexpr std::string_view kNames[] = {
    "public",
#define KIND(id, name, description) name,
#include "wasi/net/address_kinds.def"
};

// IPv6 addresses that gateways and tunnels translate: the IPv4 address begins at this bit.
struct Embedding {
  uint8_t bits;
  uint8_t at;
  IpAddress first;
};
constexpr Embedding kEmbeddings[] = {
    {96, 96, {groups({0x64, 0xff9b, 0, 0, 0, 0, 0, 0}), true}},  // NAT64
    {96, 96, {groups({0, 0, 0, 0, 0xffff, 0, 0, 0}), true}},     // IPv4-translated (SIIT)
    {16, 16, {groups({0x2002, 0, 0, 0, 0, 0, 0, 0}), true}},     // 6to4
};

constexpr Bytes kMapped = groups({0, 0, 0, 0, 0, 0xffff, 0, 0});

IpAddress embedded(const IpAddress& address, unsigned at) {
  IpAddress inner;
  std::copy_n(address.bytes.begin() + at / 8, 4, inner.bytes.begin());
  return inner;
}

}  // namespace

bool IpAddress::is_mapped() const { return v6 && std::equal(kMapped.begin(), kMapped.begin() + 12, bytes.begin()); }

IpAddress IpAddress::unmapped() const { return is_mapped() ? embedded(*this, 96) : *this; }

std::optional<IpAddress> parse_address(std::string_view text) {
  char copy[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof copy || text.contains('\0')) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  IpAddress address;
  address.v6 = text.contains(':');
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, copy, address.bytes.data()) != 1) return std::nullopt;
  return address;
}

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  return text;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address);
  return (endpoint.address.v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port);
}

bool same_prefix(const IpAddress& a, const IpAddress& b, unsigned bits) {
  if (a.v6 != b.v6) return false;
  const unsigned whole = bits / 8, rest = bits % 8;
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin())) return false;
  return rest == 0 || ((a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest)) == 0;
}

std::string_view name_of(AddressKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::optional<AddressKind> kind_named(std::string_view name) {
  for (size_t i = 1; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<AddressKind>(i);
  return std::nullopt;
}

Classified classify(const IpAddress& given) {
  const IpAddress address = given.unmapped();
  Classified found;
  for (const Range& range : kRanges)
    if (range.bits > found.range_bits && same_prefix(address, range.first, range.bits))
      found = {range.kind, range.bits};
  if (found.kind != AddressKind::kPublic) return found;
  for (const Embedding& e : kEmbeddings) {
    if (!same_prefix(address, e.first, e.bits)) continue;
    const Classified inner = classify(embedded(address, e.at));
    if (inner.kind != AddressKind::kPublic) return {inner.kind, e.at + inner.range_bits};
  }
  return found;
}

}  // namespace ermine::wasi::net
