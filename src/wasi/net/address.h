// Addresses, and what kind of network each belongs to. Grants and checks see an address in one form only: an IPv4
// address that is mapped into IPv6 is that IPv4 address, and IPv6 addresses that a gateway translates to IPv4 are of
// the kind of the address within them, so that another way of writing an address reaches nothing more.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ermine::wasi::net {

struct IpAddress {
  std::array<uint8_t, 16> bytes{};  // an IPv4 address is in the first four; the others are zero
  bool v6 = false;

  static IpAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) { return {{a, b, c, d}}; }
  unsigned bits() const { return v6 ? 128 : 32; }
  bool is_unspecified() const { return bytes == std::array<uint8_t, 16>{}; }
  // ::ffff:a.b.c.d
  bool is_mapped() const;
  // The IPv4 address, if it is one mapped into IPv6; otherwise the same.
  IpAddress unmapped() const;
  auto operator<=>(const IpAddress&) const = default;
};

// Only the standard forms: four decimal numbers without leading zeros, or IPv6 without a zone. Not unmapped.
std::optional<IpAddress> parse_address(std::string_view text);
std::string to_string(const IpAddress& address);

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
  uint32_t flow_info = 0, scope = 0;  // IPv6
};
// "10.0.0.1:80", "[::1]:80"
std::string to_string(const Endpoint& endpoint);

// Whether both begin with the same bits. False for different families.
bool same_prefix(const IpAddress& a, const IpAddress& b, unsigned bits);

enum class AddressKind : uint8_t {
  kPublic,
#define KIND(id, name, description) id,
#include "wasi/net/address_kinds.def"
};
// Sets of kinds.
using Kinds = uint8_t;
constexpr Kinds kind_bit(AddressKind kind) { return static_cast<Kinds>(1u << static_cast<unsigned>(kind)); }
std::string_view name_of(AddressKind kind);
// By its name in a grant. Not kPublic.
std::optional<AddressKind> kind_named(std::string_view name);

// The kind of an address, and the number of leading bits that all addresses of its range have in common.
struct Classified {
  AddressKind kind = AddressKind::kPublic;
  unsigned range_bits = 0;  // 0 for kPublic
};
Classified classify(const IpAddress& address);

}  // namespace ermine::wasi::net
