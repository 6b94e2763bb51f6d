// The system's Capstone library, which identifies instructions. It is opened at first use, so that a program that does
// not need it does not pay for loading it.
#pragma once

#include <string_view>

#ifdef ERMINE_CAPSTONE
#include <capstone/capstone.h>
#endif

namespace ermine::verify {

// Empty if the library is available; otherwise why not, and what to do. Thread-safe.
std::string_view capstone_problem();

#ifdef ERMINE_CAPSTONE
// Null members if capstone_problem() is not empty. Valid for the life of the process.
struct Capstone {
  decltype(&::cs_open) open;
  decltype(&::cs_close) close;
  decltype(&::cs_option) option;
  decltype(&::cs_disasm_iter) next;
  decltype(&::cs_malloc) make;
  decltype(&::cs_free) free;
  decltype(&::cs_regs_access) accessed;
};
const Capstone& capstone();

// A handle for one thread, with operands in detail.
class Decoder {
 public:
  Decoder(int arch, int mode);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  // The instruction at `code`; null if there is none. Valid until the next call.
  const cs_insn* decode(const uint8_t* code, size_t size, uint64_t address);
  csh handle() const { return handle_; }

 private:
  csh handle_ = 0;
  cs_insn* instruction_ = nullptr;
};
#endif

}  // namespace ermine::verify
