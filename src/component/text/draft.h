// Draft: the bytes of a definition in which indices are still missing.
//
// A definition may refer to an export of an instance, or by an identifier to an outer definition; such a reference
// stands for an alias that precedes the definition. Aliases take indices, and inline types of the same definition take
// theirs before them. So a definition is first read completely, and then its references are resolved in order.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "binary/encoder.h"
#include "component/model/names.h"
#include "text/lexer.h"

namespace ermine::component {

// "$i", "3", or as a part of "(func $i "a" "b")" with the names of exports.
struct Reference {
  Sort sort = Sort::Func;
  uint32_t number = 0;    // if there is no identifier
  text::Token token;      // kId: the identifier
  std::vector<std::string_view> exports;
};

class Draft {
 public:
  binary::ByteBuffer bytes;

  // An index follows: unsigned, or as a value type, signed.
  void reference(Reference reference, bool is_signed = false) {
    holes_.push_back({bytes.size(), is_signed, std::move(reference)});
  }
  void append(Draft other) {
    for (Hole& hole : other.holes_) {
      hole.at += bytes.size();
      holes_.push_back(std::move(hole));
    }
    bytes.bytes(other.bytes.view());
  }

  // The bytes, with the indices that `resolve` gives the references in order.
  template <class Resolve>
  binary::ByteBuffer resolved(Resolve resolve) const {
    binary::ByteBuffer out;
    size_t done = 0;
    for (const Hole& hole : holes_) {
      out.bytes(bytes.view().subspan(done, hole.at - done));
      done = hole.at;
      const uint32_t index = resolve(hole.reference);
      if (hole.is_signed) out.sleb(index);
      else out.leb(index);
    }
    out.bytes(bytes.from(done));
    return out;
  }

 private:
  struct Hole {
    size_t at;
    bool is_signed;
    Reference reference;
  };
  std::vector<Hole> holes_;
};

}  // namespace ermine::component
