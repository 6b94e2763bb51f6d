// Fuel that is taken where nothing can stop.
#pragma once

#include <cstdint>

namespace ermine::runtime {

struct ExecContext;

// As consume_fuel() of bulk.h, without an answer: fuel may be below zero then, which the next code that runs answers.
void take_fuel(ExecContext* exec, uint64_t units);

}  // namespace ermine::runtime
