// Faults, put into stencils to see what notices them: tools/mutate.py. Which ones follows from a number alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "baseline/tool/object.h"

namespace ermine::baseline {

// What a stencil's code is used for. Stencils that are alike share it.
struct Use {
  StencilId id;
  Marker marker;
  uint32_t result;  // result_in()
};
using Bodies = std::map<Body, std::vector<Use>>;

// What a fault can lead to, had nothing noticed it. After the first three the sandbox holds.
enum class Risk : uint8_t {
  kNumber,     // a number is wrong
  kWay,        // the guest goes on where its condition does not hold
  kStop,       // the processor's exception for a division ends the process
  kReference,  // a number may stand where a reference is expected
  kIndex,      // an index into memory may have an upper half
  kLimit,      // the guest runs longer than it may
  kAccess,     // memory, the frame or a record is accessed elsewhere
  kControl     // another place is gone to, or a check is not made
};

struct Fault {
  const char* kind;
  std::string family;  // of the stencils
  Risk risk;
  size_t body;  // the how manieth of Bodies
  Body altered;
  std::string text;  // the instruction, before and after
  std::string refusal;  // of the proof; empty: it passes
};

// `count` faults of all kinds in all families of stencils, as `seed` has it.
std::vector<Fault> make_faults(const Target& target, const Bodies& bodies, uint64_t seed, unsigned count);
// A line for each: number, kind, family, risk, refusal, how many stencils it is in, text; between tabs.
void list_faults(const std::vector<Fault>& faults, const Bodies& bodies, const std::string& path);

// --- faults_x86_64.cc

// The ways in which code can be altered. Those from kHoleMoved on alter a hole instead of an instruction.
enum class Alteration : uint8_t {
  kWiden,
  kNarrow,
  kExtension,
  kDisplacement,
  kScale,
  kBase,
  kIndex,
  kDestination,
  kSource,
  kTurnedJump,
  kTurnedChoice,
  kOtherCondition,
  kDroppedJump,
  kUnconditional,
  kDropped,
  kLoadStore,
  kAddress,
  kOperation,
  kConstant,
  kHoleMoved,
  kHoleKind,
  kHoleAddend,
  kHoleForm,
  kCount
};
const char* name_of(Alteration a);

// What of a stencil an alteration concerns.
struct Altered {
  Body body;
  std::string text;
  std::optional<Hole> hole;  // as it is now
  bool jumps = false;  // a jump
  bool memory = false;  // an instruction with an address, other than the constants' beside the code
  bool frame = false;  // one of the frame
  bool address = false;  // that address
  bool vector = false;  // a vector register is written, no other
  bool compares = false;  // writes only flags
  bool chooses = false;  // a conditional move or flag
  bool wide = false;  // what it does to a register may reach the upper half
  uint32_t registers = 0;  // integer registers that are written, before or after
  bool pin = false;  // a pinned register is read or written, before or after
  bool writes_memory = false;
  bool breaks_off = false;  // a hole reaches into the next instruction
  bool fixed = false;  // a register that no stencil may write
};
// False: there is no such alteration. `where` and `variant` are any numbers.
bool alter(const Body& body, Alteration how, uint64_t where, uint64_t variant, Altered& out);

}  // namespace ermine::baseline
