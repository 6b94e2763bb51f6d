#include "explore/disassembler.h"

#ifdef ERMINE_CAPSTONE
#include <capstone/capstone.h>
#include <dlfcn.h>
#endif

#include <algorithm>

namespace ermine::explore {

namespace {

constexpr uint32_t kRowBytes = 8;

#ifdef ERMINE_CAPSTONE
#define ERMINE_TEXT_OF(x) #x
#define ERMINE_EXPANDED(x) ERMINE_TEXT_OF(x)
#define ERMINE_SONAME "libcapstone.so." ERMINE_EXPANDED(CS_API_MAJOR)

// The library, for the life of the process.
struct Library {
  void* handle = dlopen(ERMINE_SONAME, RTLD_NOW | RTLD_LOCAL);
  decltype(&::cs_open) open = get<decltype(&::cs_open)>("cs_open");
  decltype(&::cs_close) close = get<decltype(&::cs_close)>("cs_close");
  decltype(&::cs_disasm_iter) next = get<decltype(&::cs_disasm_iter)>("cs_disasm_iter");
  decltype(&::cs_malloc) make = get<decltype(&::cs_malloc)>("cs_malloc");
  decltype(&::cs_free) free = get<decltype(&::cs_free)>("cs_free");

  bool complete() const { return open && close && next && make && free; }

 private:
  template <class F>
  F get(const char* name) const {
    return handle ? reinterpret_cast<F>(dlsym(handle, name)) : nullptr;
  }
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

#if defined(__x86_64__)
constexpr cs_arch kArch = CS_ARCH_X86;
constexpr cs_mode kMode = CS_MODE_64;
#else
constexpr cs_arch kArch = CS_ARCH_ARM64;
constexpr cs_mode kMode = CS_MODE_LITTLE_ENDIAN;
#endif
#endif

}  // namespace

void load_disassembler() {
#ifdef ERMINE_CAPSTONE
  (void)library();
#endif
}

Disassembler::Disassembler() {
#ifdef ERMINE_CAPSTONE
  static_assert(sizeof(csh) == sizeof handle_);
  if (!library().complete()) {
    problem_ = "instructions are shown as bytes: " ERMINE_SONAME
               " is not there (Debian's package libcapstone" ERMINE_EXPANDED(CS_API_MAJOR) ")";
  } else if (library().open(kArch, kMode, &handle_) != CS_ERR_OK) {
    handle_ = 0;
    problem_ = "instructions are shown as bytes: the capstone library does not know this machine";
  }
#else
  problem_ =
      "instructions are shown as bytes: this ermine was built without capstone (Debian's package libcapstone-dev)";
#endif
}

Disassembler::~Disassembler() {
#ifdef ERMINE_CAPSTONE
  if (handle_ != 0) library().close(&handle_);
#endif
}

std::vector<Disassembler::Line> Disassembler::lines(std::span<const uint8_t> code) {
  std::vector<Line> out;
  const auto size = static_cast<uint32_t>(code.size());
  uint32_t at = 0;
#ifdef ERMINE_CAPSTONE
  if (handle_ != 0) {
    cs_insn* instruction = library().make(handle_);
    while (at < size) {
      const uint8_t* p = code.data() + at;
      size_t left = size - at;
      uint64_t address = at;
      if (library().next(handle_, &p, &left, &address, instruction)) {
        std::string text = instruction->mnemonic;
        if (instruction->op_str[0] != 0) text.append(" ").append(instruction->op_str);
        out.push_back({at, instruction->size, std::move(text)});
      } else {
        out.push_back({at, 1, "(bad)"});
      }
      at += out.back().size;
    }
    library().free(instruction, 1);
    return out;
  }
#endif
  for (; at < size; at += kRowBytes) out.push_back({at, std::min(kRowBytes, size - at), {}});
  return out;
}

}  // namespace ermine::explore
