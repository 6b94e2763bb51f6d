#include "verify/capstone.h"

#include "verify/analysis.h"
#include "verify/verifier.h"

#ifdef ERMINE_CAPSTONE
#include <dlfcn.h>
#endif

namespace ermine::verify {

#ifdef ERMINE_CAPSTONE
#define ERMINE_TEXT_OF(x) #x
#define ERMINE_EXPANDED(x) ERMINE_TEXT_OF(x)
#define ERMINE_SONAME "libcapstone.so." ERMINE_EXPANDED(CS_API_MAJOR)

namespace {
Capstone open_capstone() {
  void* library = dlopen(ERMINE_SONAME, RTLD_NOW | RTLD_LOCAL);
  auto get = [library]<class F>(F*& to, const char* name) {
    to = library != nullptr ? reinterpret_cast<F*>(dlsym(library, name)) : nullptr;
    return to != nullptr;
  };
  Capstone c{};
  const bool complete = get(c.open, "cs_open") && get(c.close, "cs_close") && get(c.option, "cs_option") &&
                        get(c.next, "cs_disasm_iter") && get(c.make, "cs_malloc") && get(c.free, "cs_free") &&
                        get(c.accessed, "cs_regs_access");
  return complete ? c : Capstone{};
}
}  // namespace

const Capstone& capstone() {
  static const Capstone library = open_capstone();
  return library;
}

std::string_view capstone_problem() {
  if (capstone().open != nullptr) return {};
  return ERMINE_SONAME " is not there (Debian's package libcapstone" ERMINE_EXPANDED(CS_API_MAJOR) ")";
}

Decoder::Decoder(int arch, int mode) {
  const Capstone& c = capstone();
  if (c.open == nullptr || c.open(static_cast<cs_arch>(arch), static_cast<cs_mode>(mode), &handle_) != CS_ERR_OK)
    return;
  c.option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
  instruction_ = c.make(handle_);
}

Decoder::~Decoder() {
  if (instruction_ != nullptr) capstone().free(instruction_, 1);
  if (handle_ != 0) capstone().close(&handle_);
}

const cs_insn* Decoder::decode(const uint8_t* code, size_t size, uint64_t address) {
  if (instruction_ == nullptr) return nullptr;
  return capstone().next(handle_, &code, &size, &address, instruction_) ? instruction_ : nullptr;
}
#else
std::string_view capstone_problem() {
  return "this build of the engine has no capstone (Debian's package libcapstone-dev)";
}
#endif

const Machine* this_machine() {
#ifdef ERMINE_CAPSTONE
  if (!capstone_problem().empty()) return nullptr;
#if defined(__x86_64__)
  return &kX86_64;
#elif defined(__aarch64__)
  return &kAArch64;
#endif
#endif
  return nullptr;
}

}  // namespace ermine::verify
