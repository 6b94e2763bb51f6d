// Faults that are injected into stencils to find out what catches them: tools/mutate.py. A number alone determines
// them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "baseline/tool/object.h"

namespace ermine::baseline {

// What a stencil's code is used for. Equal stencils share it.
struct Use {
  StencilId id;
  Marker marker;
  uint32_t result;  // result_in()
};
using Bodies = std::map<Body, std::vector<Use>>;

// What a fault can lead to if nothing catches it. With the first three the sandbox still holds.
enum class Risk : uint8_t {
  kNumber,     // a number is wrong
  kWay,        // the guest takes the wrong branch
  kStop,       // the processor's exception for a division ends the process
  kReference,  // a number may be used as a reference
  kIndex,      // an index into memory may have a non-zero upper half
  kLimit,      // the guest runs longer than it may
  kAccess,     // memory, the frame or a record is accessed elsewhere
  kControl     // control goes to another place, or a check is omitted
};

struct Fault {
  const char* kind;
  std::string family;  // of the stencils
  Risk risk;
  size_t body;  // index in Bodies
  Body altered;
  std::string text;  // the instruction, before and after
  std::string refusal;  // of the proof; empty: it accepts the fault
};

// `count` faults of all kinds in all families of stencils, determined by `seed`.
std::vector<Fault> make_faults(const Target& target, const Bodies& bodies, uint64_t seed, unsigned count);
// One line for each: number, kind, family, risk, refusal, number of stencils, text; separated by tabs.
void list_faults(const std::vector<Fault>& faults, const Bodies& bodies, const std::string& path);

// --- faults_x86_64.cc

// The kinds of alterations. Those from kHoleMoved on alter a hole instead of an instruction.
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

// The parts of a stencil that an alteration affects.
struct Altered {
  Body body;
  std::string text;
  std::optional<Hole> hole;  // after the alteration
  bool jumps = false;  // a jump
  bool memory = false;  // an instruction with an address, except that of constants beside the code
  bool frame = false;  // an address in the frame
  bool address = false;  // that address
  bool vector = false;  // a vector register is written, no other
  bool compares = false;  // writes only flags
  bool chooses = false;  // a conditional move or flag
  bool wide = false;  // its effect on a register may reach the upper half
  uint32_t registers = 0;  // integer registers that are written, before or after
  bool pin = false;  // a pinned register is read or written, before or after
  bool writes_memory = false;
  bool breaks_off = false;  // a hole reaches into the next instruction
  bool fixed = false;  // a register that no stencil may write
};
// False: the alteration is not possible. `where` and `variant` are any numbers.
bool alter(const Body& body, Alteration how, uint64_t where, uint64_t variant, Altered& out);

}  // namespace ermine::baseline
