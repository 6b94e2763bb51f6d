#include "wasi/net/rule.h"

#include <algorithm>
#include <charconv>

#include "ermine/printable.h"
#include "wasi/net/name.h"

namespace ermine::wasi::net {
namespace {

enum class Ports : uint8_t { kNeeded, kDefault, kListening, kNone };

struct UseRow {
  std::string_view what;
  Ports ports;
};
constexpr UseRow kUses[] = {
#define USE(id, field, what, ports) {what, Ports::ports},
#include "wasi/net/uses.def"
};

class RuleParser {
 public:
  RuleParser(Use use, std::string_view text) : row_(kUses[static_cast<size_t>(use)]), text_(text) { rule_.use = use; }

  Result<Rule> parse() {
    std::string_view host, kinds, ports;
    ERMINE_TRY(split(host, kinds, ports));
    ERMINE_TRY(parse_host(host));
    ERMINE_TRY(parse_kinds(kinds));
    ERMINE_TRY(parse_ports(ports));
    return std::move(rule_);
  }

 private:
  Error wrong(const std::string& why) const {
    return Error(ErrorKind::kUsage, "'" + printable(text_) + "' is not " + std::string(row_.what) + ": " + why);
  }

  // The parts, each without the character in front of it; an IPv6 address without its brackets.
  Result<void> split(std::string_view& host, std::string_view& kinds, std::string_view& ports) {
    std::string_view rest = text_;
    if (rest.starts_with('[')) {
      const size_t end = rest.find(']');
      if (end == rest.npos) return wrong("the bracket is not closed");
      host = rest.substr(1, end - 1);
      bracketed_ = true;
      rest.remove_prefix(end + 1);
      if (!rest.empty() && rest.front() != '+' && rest.front() != ':')
        return wrong("after the bracket only +KIND and :PORT may follow");
    } else {
      const size_t end = std::min(rest.find_first_of("+:"), rest.size());
      host = rest.substr(0, end);
      rest.remove_prefix(end);
      if (std::ranges::count(text_, ':') > 1)
        return wrong("it has several colons; an IPv6 address is written in brackets, as in [2001:db8::1]:80");
    }
    const size_t colon = rest.find(':');
    kinds = rest.substr(0, colon);
    if (colon != rest.npos) {
      ports = rest.substr(colon + 1);
      if (ports.empty()) return wrong("the port is missing");
    }
    return {};
  }

  Result<void> parse_host(std::string_view host) {
    if (bracketed_) return parse_block(host, true);
    if (host.empty()) {
      if (row_.ports == Ports::kListening) host = "*";
      else return wrong("the host is missing");
    }
    if (host == "*") return {};
    const std::string_view address = host.substr(0, host.find('/'));
    if (host.contains('/') || parse_address(address)) return parse_block(host, false);
    if (row_.ports == Ports::kListening) return wrong("its host is an address of this machine, or *");
    rule_.host = Rule::Host::kName;
    if (host.starts_with("*.")) {
      rule_.host = Rule::Host::kSubdomains;
      host.remove_prefix(2);
    }
    if (host.contains('*'))
      return wrong("a * can only stand for all names below a domain, as in *.example.org, or for all");
    switch (normalise_name(host, true, rule_.name)) {
      case NameError::kNone: break;
      case NameError::kMalformed: return wrong("its host is neither a name nor an address in its usual form");
      case NameError::kNotAscii:
        return wrong(
            "its name has other letters than those of ASCII, which libidn2 converts, and it is not installed; "
            "write the name in its ASCII form, xn--...");
    }
    if (rule_.host == Rule::Host::kName && is_localhost(rule_.name)) rule_.kinds |= kind_bit(AddressKind::kLoopback);
    return {};
  }

  Result<void> parse_block(std::string_view block, bool v6) {
    const size_t slash = block.find('/');
    const std::optional<IpAddress> address = parse_address(block.substr(0, slash));
    if (!address || address->v6 != v6)
      return wrong(v6 ? "there is no IPv6 address in the brackets" : "there is no IPv4 address before the slash");
    rule_.host = Rule::Host::kBlock;
    rule_.address = *address;
    rule_.bits = address->bits();
    if (slash != block.npos) {
      if (row_.ports == Ports::kListening) return wrong("it is a block of addresses");
      unsigned bits = 0;
      if (!parse_number(block.substr(slash + 1), rule_.bits, bits))
        return wrong(
            "after the slash follows the number of bits that all addresses of the block have in common, at most " +
            std::to_string(rule_.bits));
      rule_.bits = bits;
    }
    if (rule_.address.is_mapped() && rule_.bits >= 96) {
      rule_.address = rule_.address.unmapped();
      rule_.bits -= 96;
    }
    IpAddress first = rule_.address;
    for (unsigned i = rule_.bits; i < first.bits(); ++i) first.bytes[i / 8] &= static_cast<uint8_t>(~(0x80u >> i % 8));
    if (first != rule_.address)
      return wrong("the address has bits behind the first " + std::to_string(rule_.bits) + "; the block is " +
                   net::to_string(first) + "/" + std::to_string(rule_.bits));
    return {};
  }

  Result<void> parse_kinds(std::string_view kinds) {
    while (!kinds.empty()) {
      kinds.remove_prefix(1);
      const size_t end = std::min(kinds.find('+'), kinds.size());
      const std::optional<AddressKind> kind = kind_named(kinds.substr(0, end));
      if (!kind || row_.ports == Ports::kListening) {
        if (row_.ports == Ports::kListening) return wrong("it has a kind of addresses, which only targets have");
        std::string known;
#define KIND(id, name, description) known += known.empty() ? name : ", " name;
#include "wasi/net/address_kinds.def"
        return wrong("'" + printable(kinds.substr(0, end)) + "' is no kind of addresses; the kinds are " + known);
      }
      rule_.kinds |= kind_bit(*kind);
      kinds.remove_prefix(end);
    }
    return {};
  }

  static bool parse_number(std::string_view text, unsigned most, unsigned& out) {
    if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out <= most;
  }

  Result<void> parse_ports(std::string_view ports) {
    const bool listening = row_.ports == Ports::kListening;
    if (ports.empty()) {
      if (row_.ports == Ports::kNone) rule_.ports[0] = kAnyPort;
      else if (row_.ports == Ports::kDefault) rule_.ports[0] = {80, 80}, rule_.ports[1] = {443, 443};
      else return wrong("the port is missing, as in HOST:443");
      return {};
    }
    if (row_.ports == Ports::kNone) return wrong("names are looked up without a port");
    if (ports == "*" && !listening) {
      rule_.ports[0] = kAnyPort;
      return {};
    }
    const size_t minus = ports.find('-');
    unsigned first = 0, last = 0;
    bool valid = parse_number(ports.substr(0, minus), 65535, first);
    last = first;
    if (valid && minus != ports.npos) valid = !listening && parse_number(ports.substr(minus + 1), 65535, last);
    if (!valid || last < first || (first == 0 && !listening))
      return wrong(listening ? "its port is a number from 0 to 65535"
                             : "its port is a number from 1 to 65535, a range such as 8000-8010, or *");
    rule_.ports[0] = {static_cast<uint16_t>(first), static_cast<uint16_t>(last)};
    return {};
  }

  const UseRow& row_;
  std::string_view text_;
  bool bracketed_ = false;
  Rule rule_;
};

}  // namespace

bool Rule::matches_name(std::string_view normalised) const {
  switch (host) {
    case Host::kAny: return true;
    case Host::kName: return normalised == name;
    case Host::kSubdomains:
      return normalised.size() > name.size() + 1 && normalised.ends_with(name) &&
             normalised[normalised.size() - name.size() - 1] == '.';
    case Host::kBlock: return false;
  }
  return false;
}

bool Rule::reaches(const IpAddress& unmapped) const {
  const bool in_block = host == Host::kBlock;
  if (in_block && !same_prefix(address, unmapped, bits)) return false;
  const Classified found = classify(unmapped);
  if (found.kind == AddressKind::kPublic || (kinds & kind_bit(found.kind)) != 0) return true;
  // A block within the range of a kind names addresses of that kind; a larger one, such as 0.0.0.0/0, does not.
  return in_block && bits >= found.range_bits;
}

Result<Rule> parse_rule(Use use, std::string_view text) { return RuleParser(use, text).parse(); }

std::string to_string(const Rule& rule) {
  std::string text;
  switch (rule.host) {
    case Rule::Host::kAny: text = "*"; break;
    case Rule::Host::kName: text = rule.name; break;
    case Rule::Host::kSubdomains: text = "*." + rule.name; break;
    case Rule::Host::kBlock:
      text = to_string(rule.address);
      if (rule.bits != rule.address.bits()) text += "/" + std::to_string(rule.bits);
      if (rule.address.v6) text = "[" + text + "]";
      break;
  }
  const bool implied = rule.host == Rule::Host::kName && is_localhost(rule.name);
  for (unsigned i = 1; i < 8; ++i) {
    const auto kind = static_cast<AddressKind>(i);
    if ((rule.kinds & (1u << i)) != 0 && !(implied && kind == AddressKind::kLoopback)) (text += '+') += name_of(kind);
  }
  if (rule.use == Use::kLookup || rule.ports[1].last != 0) return text;
  text += ':';
  const PortRange ports = rule.ports[0];
  if (ports.first == kAnyPort.first && ports.last == kAnyPort.last) return text + '*';
  text += std::to_string(ports.first);
  if (ports.last != ports.first) text += "-" + std::to_string(ports.last);
  return text;
}

}  // namespace ermine::wasi::net
