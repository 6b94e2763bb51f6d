// Liveness: which slots may be read after each label, before they are written again.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/decoded.h"
#include "ir/function_code.h"

namespace ermine::optimizing {

class Liveness {
 public:
  // `label_of`: by index in the register code, the number of the label there, less than `labels`; 0: none.
  Liveness(const ir::FunctionCode& function, const ir::DecodedFunction& code, const std::vector<uint32_t>& label_of,
           size_t labels);

  bool is_live(size_t label, unsigned slot) const { return words_ == 0 || test(&at_[label * words_], slot); }
  // Whether a handler of exceptions in the function may read the slot.
  bool is_caught(unsigned slot) const { return words_ == 0 || test(caught_.data(), slot); }

 private:
  using Word = uint64_t;
  static bool test(const Word* set, unsigned slot) { return (set[slot / 64] >> (slot % 64) & 1) != 0; }
  bool pass();
  void read(unsigned slot);
  void read_range(unsigned first, unsigned count);
  void step(const ir::IrInstr& instr);
  void join(std::vector<Word>& into, const Word* from);

  const ir::FunctionCode& function_;
  const ir::DecodedFunction& code_;
  const std::vector<uint32_t>& label_of_;
  size_t words_;  // of a set; 0: the function is too large, and everything is live
  std::vector<Word> at_;  // by label
  std::vector<Word> live_, caught_;
};

}  // namespace ermine::optimizing
