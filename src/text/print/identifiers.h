// Identifiers for printing: taken from the name section, made unique in their space, and spelled so that the parser
// reads the same name back. Items without a name, or with an empty one, are printed by their number.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "text/print/out.h"
#include "text/print/raw_module.h"
#include "text/symbol_table.h"

namespace ermine::text {

// The maximal size of an identifier: it is printed at every use, so a long one would make a text of quadratic size.
// Longer names are cut; an annotation at the definition has the whole name.
inline constexpr size_t kMaxIdentifier = 1000;

// The names of one index space.
class Identifiers {
 public:
  // Takes the entries of indices below `count`; returns their number.
  size_t assign(std::span<const NameEntry> entries, uint32_t count);
  bool has(uint32_t index) const { return index < shown_.size() && !shown_[index].empty(); }
  // Whether define() would write anything.
  bool has_definition(uint32_t index) const;
  // The name as it was given to assign(); null if there is none.
  std::string_view name(uint32_t index) const { return index < names_.size() ? names_[index] : std::string_view(); }
  // A use: "$name", or the number.
  void use(Out& out, uint32_t index) const {
    if (has(index)) out << '$' << shown_[index];
    else out.number(index);
  }
  // At the definition: " $name", and the original name as an annotation if the identifier had to differ.
  void define(Out& out, uint32_t index) const;
  void clear();

 private:
  const NameEntry* annotation(uint32_t index) const;
  // The identifier for a name; also records whether an annotation must give the name.
  std::string_view spell(const NameEntry& entry);
  std::vector<std::string_view> names_;
  std::vector<std::string_view> shown_;  // after the $; empty if there is none
  std::vector<NameEntry> annotated_;     // by index
  std::deque<std::string> made_;
  SymbolTable taken_;
};

// The entries of `all` that belong to `outer`; `cursor` is advanced and must not be ahead of them. As outer
// indices come in ascending order, walking all of them takes linear time.
std::vector<NameEntry> entries_of(const std::vector<IndirectNameEntry>& all, uint32_t outer, size_t& cursor);

}  // namespace ermine::text
