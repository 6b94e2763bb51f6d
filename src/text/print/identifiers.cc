// Makes identifiers. See identifiers.h.
#include "text/print/identifiers.h"

#include <algorithm>

#include "base/utf8.h"

namespace ermine::text {

namespace {
// The part of a longer name that fits into an identifier and ends between characters.
std::string_view beginning(std::string_view name) {
  size_t size = kMaxIdentifier;
  while (size > 0 && (static_cast<uint8_t>(name[size]) & 0xC0) == 0x80) --size;
  return name.substr(0, size);
}
}  // namespace

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  for (unsigned char c : bytes) {
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      out += static_cast<char>(c);
    } else {
      out += '\\';
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
}

void put_string(Out& out, std::string_view bytes) {
  out << '"';
  // Piece by piece, so that memory does not hold all of it twice.
  constexpr size_t kPiece = 4096;
  for (; bytes.size() > kPiece; bytes.remove_prefix(kPiece)) {
    append_escaped(out.raw(), bytes.substr(0, kPiece));
    out.maybe_flush();
  }
  append_escaped(out.raw(), bytes);
  out << '"';
}

void put_name(Out& out, std::string_view name) {
  if (!out.cuts_names() || name.size() <= kMaxIdentifier) return put_string(out, name);
  put_string(out, beginning(name));
  out << "...";
}

bool is_plain_identifier(std::string_view name) {
  if (name.empty()) return false;
  for (char c : name) {
    bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                std::string_view("!#$%&'*+-./:<=>?@\\^_`|~").find(c) != std::string_view::npos;
    if (!good) return false;
  }
  return true;
}

namespace {
// Between quotes, displayable UTF-8 is unchanged.
std::string quoted(std::string_view name) {
  std::string out = "\"";
  const auto* p = reinterpret_cast<const uint8_t*>(name.data());
  for (const uint8_t* end = p + name.size(); p != end;) {
    const unsigned n = *p == '"' || *p == '\\' ? 0 : base::printable_length(p, end);
    const std::string_view character(reinterpret_cast<const char*>(p), std::max(n, 1u));
    if (n == 0) append_escaped(out, character);
    else out += character;
    p += character.size();
  }
  return out + '"';
}
}  // namespace

std::string_view Identifiers::spell(const NameEntry& entry) {
  if (entry.name.empty()) {
    annotated_.push_back(entry);
    return {};
  }
  std::string_view unique = entry.name;
  const bool too_long = unique.size() > kMaxIdentifier;
  if (too_long || !taken_.insert(unique, entry.index).is_new) {
    annotated_.push_back(entry);
    std::string candidate(too_long ? beginning(unique) : unique);
    for (candidate += '#' + std::to_string(entry.index);; candidate += '#') {
      unique = made_.emplace_back(candidate);
      if (taken_.insert(unique, entry.index).is_new) break;
    }
  }
  return is_plain_identifier(unique) ? unique : std::string_view(made_.emplace_back(quoted(unique)));
}

size_t Identifiers::assign(std::span<const NameEntry> entries, uint32_t count) {
  clear();
  size_t used = 0;
  for (const NameEntry& entry : entries) {
    if (entry.index >= count) break;
    ++used;
    if (shown_.size() <= entry.index) shown_.resize(entry.index + 1);
    names_.resize(shown_.size());
    names_[entry.index] = entry.name;
    shown_[entry.index] = spell(entry);
  }
  return used;
}

const NameEntry* Identifiers::annotation(uint32_t index) const {
  if (annotated_.empty()) return nullptr;
  auto found = std::lower_bound(annotated_.begin(), annotated_.end(), index,
                                [](const NameEntry& entry, uint32_t i) { return entry.index < i; });
  return found == annotated_.end() || found->index != index ? nullptr : &*found;
}

bool Identifiers::has_definition(uint32_t index) const { return has(index) || annotation(index); }

void Identifiers::define(Out& out, uint32_t index) const {
  if (has(index)) out << " $" << shown_[index];
  const NameEntry* entry = annotation(index);
  if (!entry) return;
  out << " (@name ";
  put_name(out, entry->name);
  out << ')';
}

void Identifiers::clear() {
  names_.clear();
  shown_.clear();
  annotated_.clear();
  made_.clear();
  taken_.clear();
}

std::vector<NameEntry> entries_of(const std::vector<IndirectNameEntry>& all, uint32_t outer, size_t& cursor) {
  while (cursor < all.size() && all[cursor].outer < outer) ++cursor;
  std::vector<NameEntry> out;
  for (; cursor < all.size() && all[cursor].outer == outer; ++cursor)
    out.push_back({all[cursor].inner, all[cursor].name});
  return out;
}

}  // namespace ermine::text
