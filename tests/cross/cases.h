// Operations, constants and places of operands crossed, and the functions that put the results to use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "operations.h"
#include "uses.h"

namespace ermine::cross {

// Where an operand is. kStack: made just before, out of a number of 64 bits whose upper half is set.
enum class Place : uint8_t { kConstant, kLocal, kStack };
// Where the locals are in machine code: in registers of a hot loop, or in slots of the frame, since others are hotter.
enum class Home : uint8_t { kRegisters, kSlots };

struct Case {
  const Operation* operation;
  Bits operands[2];
  Place places[2];
  Home home;
  uint32_t value;  // what the operation yields, as 32 bits

  std::string describe() const;
};

// Of a group of operations. `stride`: every how manyth (an odd number). Up to 9 each operation still meets each
// constant; the places rotate.
std::vector<Case> cases(std::string_view group, unsigned stride);

// One function: a case and its uses.
struct Trial {
  Case of;
  std::vector<const Use*> uses;
  const char* trap = nullptr;  // what it must end with, if that is a trap

  std::string text(size_t name) const;
  // Its arguments.
  uint64_t argument(unsigned i) const;
  // What it returns, and what it leaves in the window.
  uint64_t expected(uint8_t* window) const;
};

// All uses of a case, as functions: those that fit together, and single ones that end in a trap or the function.
// `turn` rotates which of the many are taken.
void add_trials(const Case& c, unsigned turn, std::vector<Trial>& out);

}  // namespace ermine::cross
