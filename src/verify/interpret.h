// The traversal of a piece's instructions, the same for all processors.
#pragma once

#include "verify/analysis.h"
#include "verify/capstone.h"

#ifdef ERMINE_CAPSTONE
namespace ermine::verify {

// Calls step(analysis, instruction, whether a traversal begins) for each reached instruction, until backward branches
// provide nothing new.
template <class F>
void interpret(const Machine& machine, Decoder& decoder, std::span<const uint8_t> code, Facts& facts, F&& step) {
  Analysis a(machine, facts, static_cast<uint32_t>(code.size()));
  do {
    bool begins = true;
    for (uint32_t at = 0; at < code.size() && facts.refusal.empty();) {
      const cs_insn* in = decoder.decode(code.data() + at, code.size() - at, at);
      const bool reached = a.begin(at);
      if (in == nullptr) return a.refuse("no instruction");
      if (reached) {
        step(a, *in, begins);
        begins = false;
      }
      at += in->size;
    }
    a.finish();
  } while (a.again());
}

}  // namespace ermine::verify
#endif
