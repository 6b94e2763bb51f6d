// Making identifiers. See identifiers.h.
#include "text/print/identifiers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace ermine::text {

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
// Between quotes, UTF-8 that can be shown stays as it is.
std::string quoted(std::string_view name) {
  std::string out = "\"";
  size_t plain = 0;
  for (size_t i = 0; i <= name.size(); ++i) {
    unsigned char c = i < name.size() ? static_cast<unsigned char>(name[i]) : 0;
    if (i < name.size() && c >= 0x20 && c != 0x7F && c != '"' && c != '\\') continue;
    out.append(name.substr(plain, i - plain));
    if (i < name.size()) append_escaped(out, name.substr(i, 1));
    plain = i + 1;
  }
  return out + "\"";
}
}  // namespace

std::string_view Identifiers::spell(std::string_view name, uint32_t index) {
  if (name.empty()) return {};
  std::string_view unique = name;
  if (!taken_.insert(unique, index).is_new) {
    for (std::string candidate = fmt::format("{}#{}", name, index);; candidate += '#') {
      unique = made_.emplace_back(candidate);
      if (taken_.insert(unique, index).is_new) break;
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
    size_t made_before = made_.size();
    shown_[entry.index] = spell(entry.name, entry.index);
    // A plain or merely quoted identifier is the name itself.
    bool renamed = entry.name.empty() || (made_.size() > made_before && made_[made_before] != quoted(entry.name));
    if (renamed) annotated_.push_back(entry);
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
  out << " (@name \"";
  append_escaped(out.raw(), entry->name);
  out << "\")";
}

void Identifiers::clear() {
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
