// Machine code as text, by the system's Capstone library if there is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ermine::explore {

// Opens the library now, for a process that will not be able to open files later.
void load_disassembler();

class Disassembler {
 public:
  struct Line {
    uint32_t offset, size;
    std::string text;  // empty: not known
  };

  Disassembler();
  ~Disassembler();
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;

  // Empty if instructions can be named; otherwise why not, and what to do.
  std::string_view problem() const { return problem_; }
  // Every byte is in exactly one line. Without a library, lines have a fixed size and no text. Targets of branches are
  // offsets.
  std::vector<Line> lines(std::span<const uint8_t> code);

 private:
  std::string problem_;
  [[maybe_unused]] size_t handle_ = 0;
};

}  // namespace ermine::explore
