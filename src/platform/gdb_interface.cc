// The interface that informs gdb and lldb about machine code: a list of object files in memory, and a function that is
// called whenever the list changes, on which the debugger has a breakpoint.
//
// An object describes one function: its name and address (.symtab), and how its frames are unwound (.debug_frame). The
// latter describes the engine's convention: the return address on top of the native stack, below it whatever calls
// push; rbp is preserved, the other registers that C preserves are not.
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "ermine/printable.h"
#include "platform/code_listener.h"

// Debuggers look for these two symbol names and this layout. Weak: another compiler in the process may define them as
// well, to be shared.
extern "C" {
struct JitCodeEntry {
  JitCodeEntry* next_entry;
  JitCodeEntry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};
struct JitDescriptor {
  uint32_t version;
  uint32_t action_flag;
  JitCodeEntry* relevant_entry;
  JitCodeEntry* first_entry;
};
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
[[gnu::weak, gnu::used, gnu::visibility("default")]] JitDescriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
[[gnu::weak, gnu::used, gnu::noinline, gnu::visibility("default")]] void __jit_debug_register_code() {
  // A unique body, so that the linker does not merge it with another empty function.
  asm volatile("" ::"r"(&__jit_debug_descriptor) : "memory");
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace ermine::platform {

namespace {

enum Action : uint32_t { kNothing, kRegister, kUnregister };

class Bytes {
 public:
  template <class T>
  void put(T v) {
    out_.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  void put(std::initializer_list<uint8_t> bytes) {
    for (const uint8_t b : bytes) out_ += static_cast<char>(b);
  }
  void leb(uint32_t v) {
    for (; v >= 0x80; v >>= 7) put<uint8_t>(static_cast<uint8_t>(v | 0x80));
    put<uint8_t>(static_cast<uint8_t>(v));
  }
  void align(size_t to, char filling = 0) { out_.resize((out_.size() + to - 1) / to * to, filling); }
  template <class T>
  void set(size_t at, T v) {
    std::memcpy(out_.data() + at, &v, sizeof v);
  }
  size_t size() const { return out_.size(); }
  std::string& text() { return out_; }

 private:
  std::string out_;
};

// DWARF's call frame information (section 6.4), version 1. Empty if the convention is not known.
std::string frame_section(const NewCode& code) {
#if defined(__x86_64__)
  constexpr uint8_t kNop = 0, kAdvance4 = 0x04, kUndefined = 0x07, kSameValue = 0x08, kCfa = 0x0c, kCfaOffset = 0x0e,
                    kOffset = 0x80;
  constexpr uint8_t kRbx = 3, kRbp = 6, kRsp = 7, kReturnAddress = 16;
  Bytes out;
  auto record = [&out](uint32_t id) {
    const size_t at = out.size();
    out.put<uint32_t>(0);  // the length
    out.put<uint32_t>(id);
    return at;
  };
  auto finish = [&out](size_t at) {
    out.align(8, kNop);
    out.set<uint32_t>(at, static_cast<uint32_t>(out.size() - at - 4));
  };
  // The common part of all functions. Offsets are in units of -8, code in bytes.
  const size_t common = record(0xffffffff);
  out.put({1, 0, 1, 0x78, kReturnAddress});
  out.put({kCfa, kRsp, 8, kOffset | kReturnAddress, 1, kSameValue, kRbp, kUndefined, kRbx});
  for (uint8_t r = 12; r <= 15; ++r) out.put({kUndefined, r});
  finish(common);
  const auto begin = [&](uint32_t offset, uint32_t size) {
    const size_t at = record(0);
    out.put<uint64_t>(reinterpret_cast<uintptr_t>(code.begin) + offset);
    out.put<uint64_t>(size);
    return at;
  };
  for (const NewCode::Frames& part : code.frames) {
    const size_t at = begin(part.offset, part.size);
    for (const uint8_t byte : part.program) out.put<uint8_t>(byte);
    finish(at);
  }
  if (!code.frames.empty()) return std::move(out.text());
  const size_t function = begin(0, code.size);
  uint32_t at = 0;
  for (const NewCode::StackDepth& d : code.depths) {
    out.put<uint8_t>(kAdvance4);
    out.put<uint32_t>(d.offset - at);
    at = d.offset;
    out.put<uint8_t>(kCfaOffset);
    out.leb(8 + d.bytes);
  }
  finish(function);
  return std::move(out.text());
#else
  (void)code;
  return {};
#endif
}

// An object file whose code is elsewhere, at the address of its section.
std::string object_file(const NewCode& code) {
  enum : uint16_t { kNone, kText, kFrames, kSymbols, kStrings, kSectionNames, kSections };
  constexpr std::string_view kNames[] = {"", ".text", ".debug_frame", ".symtab", ".strtab", ".shstrtab"};
  const auto address = reinterpret_cast<uintptr_t>(code.begin);
  Elf64_Shdr sections[kSections]{};
  Bytes out;
  out.text().resize(sizeof(Elf64_Ehdr));
  auto contents = [&](unsigned section, uint32_t type, std::string_view bytes) {
    out.align(8);
    sections[section].sh_type = type;
    sections[section].sh_offset = out.size();
    sections[section].sh_size = bytes.size();
    sections[section].sh_addralign = 8;
    out.text() += bytes;
  };
  sections[kText] = {.sh_type = SHT_NOBITS,
                     .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                     .sh_addr = address,
                     .sh_size = code.size,
                     .sh_addralign = 16};
  contents(kFrames, SHT_PROGBITS, frame_section(code));
  Elf64_Sym symbols[2]{};
  symbols[1] = {.st_name = 1,
                .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                .st_other = STV_DEFAULT,
                .st_shndx = kText,
                .st_value = 0,
                .st_size = code.size};
  contents(kSymbols, SHT_SYMTAB, {reinterpret_cast<const char*>(symbols), sizeof symbols});
  sections[kSymbols].sh_link = kStrings;
  sections[kSymbols].sh_info = 1;  // the first that is global
  sections[kSymbols].sh_entsize = sizeof(Elf64_Sym);
  std::string names(1, '\0');
  contents(kStrings, SHT_STRTAB, names + printable(code.name) + '\0');
  names.clear();
  for (unsigned i = 0; i < kSections; ++i) {
    sections[i].sh_name = static_cast<uint32_t>(names.size());
    names.append(kNames[i]) += '\0';
  }
  contents(kSectionNames, SHT_STRTAB, names);
  out.align(8);
  const size_t table = out.size();
  out.text().append(reinterpret_cast<const char*>(sections), sizeof sections);

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
#if defined(__x86_64__)
  header.e_machine = EM_X86_64;
#else
  header.e_machine = EM_AARCH64;
#endif
  header.e_version = EV_CURRENT;
  header.e_shoff = table;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = kSections;
  header.e_shstrndx = kSectionNames;
  out.set(0, header);
  return std::move(out.text());
}

class GdbInterface final : public CodeListener {
 public:
  bool wants_layout() const override { return true; }

  void added(const NewCode& code) override {
    auto made = std::make_unique<Object>(Object{{}, object_file(code)});
    made->entry.symfile_addr = made->file.data();
    made->entry.symfile_size = made->file.size();
    std::lock_guard lock(mutex());
    JitCodeEntry* first = __jit_debug_descriptor.first_entry;
    made->entry.next_entry = first;
    if (first != nullptr) first->prev_entry = &made->entry;
    __jit_debug_descriptor.first_entry = &made->entry;
    tell(kRegister, made->entry);
    objects_.insert_or_assign(code.begin, std::move(made));
  }

  void removed(const uint8_t* begin) override {
    std::lock_guard lock(mutex());
    auto it = objects_.find(begin);
    if (it == objects_.end()) return;
    JitCodeEntry& entry = it->second->entry;
    if (entry.prev_entry != nullptr) entry.prev_entry->next_entry = entry.next_entry;
    else __jit_debug_descriptor.first_entry = entry.next_entry;
    if (entry.next_entry != nullptr) entry.next_entry->prev_entry = entry.prev_entry;
    tell(kUnregister, entry);
    objects_.erase(it);
  }

 private:
  struct Object {
    JitCodeEntry entry;
    std::string file;
  };
  // Guards the list, of which there is one per process.
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  static void tell(Action action, JitCodeEntry& entry) {
    __jit_debug_descriptor.action_flag = action;
    __jit_debug_descriptor.relevant_entry = &entry;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = kNothing;
    __jit_debug_descriptor.relevant_entry = nullptr;
  }

  std::map<const uint8_t*, std::unique_ptr<Object>> objects_;  // by the code's address
};

}  // namespace

CodeListenerPtr gdb_interface() { return std::make_shared<GdbInterface>(); }

}  // namespace ermine::platform
