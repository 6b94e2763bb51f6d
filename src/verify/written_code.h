// The places of verified machine code: that of one function never lies on that of another. All code of the process is
// known together, since modules share the memory for it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "verify/verifier.h"

namespace ermine::tiering {
struct MachineCode;
}

namespace ermine::verify {

// Empty if `made`, whose code has been written to executable memory, is what was verified: the bytes there, the
// entries, and the place in the table of calls. Otherwise what differs. Nothing refers to it yet.
std::string compare_written(const Code& code, const Subject& subject, const tiering::MachineCode& made);

// The code of one module. Thread-safe.
class WrittenCode {
 public:
  WrittenCode() = default;
  ~WrittenCode();
  WrittenCode(const WrittenCode&) = delete;
  WrittenCode& operator=(const WrittenCode&) = delete;

  // Code is going to be written there. False, and nothing is recorded: some of the place is another function's.
  bool add(std::span<const uint8_t> place);
  // Nothing was written at the place that begins there, which add() has recorded.
  void remove(const uint8_t* begin);

 private:
  std::vector<const uint8_t*> begins_;  // guarded as those of the process
};

}  // namespace ermine::verify
