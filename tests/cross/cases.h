// Combinations of operations, constants and operand locations, and the functions that use the results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "operations.h"
#include "uses.h"

namespace ermine::cross {

// The location of an operand. kStack: just computed, from a 64-bit number with a non-zero upper half.
enum class Place : uint8_t { kConstant, kLocal, kStack };
// The location of the locals in machine code: in registers of a hot loop, or in slots of the frame, because others are
// hotter.
enum class Home : uint8_t { kRegisters, kSlots };

struct Case {
  const Operation* operation;
  Bits operands[2];
  Place places[2];
  Home home;
  uint32_t value;  // the operation's result, as 32 bits

  std::string describe() const;
};

// The cases of a group of operations. `stride`: takes every N-th (an odd number). Up to 9 each operation still meets
// each constant; the locations rotate.
std::vector<Case> cases(std::string_view group, unsigned stride);

// One function: a case and its uses.
struct Trial {
  Case of;
  std::vector<const Use*> uses;
  const char* trap = nullptr;  // the expected trap, if it ends in one

  std::string text(size_t name) const;
  // Its arguments.
  uint64_t argument(unsigned i) const;
  // The expected result, and the expected contents of the window.
  uint64_t expected(uint8_t* window) const;
};

// All uses of a case, as functions: those that fit together, and single ones that end in a trap or end the function.
// `turn` rotates the selection.
void add_trials(const Case& c, unsigned turn, std::vector<Trial>& out);

}  // namespace ermine::cross
