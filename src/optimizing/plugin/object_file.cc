#include "optimizing/plugin/object_file.h"

#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/DebugInfo/DWARF/DWARFDebugFrame.h>
#include <llvm/ExecutionEngine/RuntimeDyld.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Object/StackMapParser.h>
#include <llvm/Support/DataExtractor.h>

#include <algorithm>
#include <cstring>

#include "optimizing/plugin/builder.h"

namespace ermine::optimizing {

namespace {

constexpr llvm::StringRef kStackMaps = ".llvm_stackmaps";

// Code reaches its data by distances. On AArch64 these have 21 bits (codegen.cc: Tiny), which is not checked when they
// are filled in.
#if defined(__aarch64__)
constexpr size_t kMostBytes = 1 << 20;
#else
constexpr size_t kMostBytes = size_t{1} << 31;
#endif

// All sections that are needed at run time in one block: the code first.
class OneBlock final : public llvm::RuntimeDyld::MemoryManager {
 public:
  bool needsToReserveAllocationSpace() override { return true; }
  // Space for jumps to far symbols: there are none (is_complete()).
  bool allowStubAllocation() const override { return false; }
  void reserveAllocationSpace(uintptr_t code, llvm::Align, uintptr_t constants, llvm::Align, uintptr_t data,
                              llvm::Align) override {
    constexpr size_t kSlack = 256;  // for alignment between sections
    block_.assign(kAlignment + code + constants + data + kSlack, 0);
    const auto begin = reinterpret_cast<uintptr_t>(block_.data());
    base_ = reinterpret_cast<uint8_t*>((begin + kAlignment - 1) & ~uintptr_t{kAlignment - 1});
    used_ = code;
  }
  uint8_t* allocateCodeSection(uintptr_t size, unsigned, unsigned, llvm::StringRef) override {
    is_wrong_ |= code_size_ != 0 || size > used_;
    code_size_ = size;
    return base_;
  }
  uint8_t* allocateDataSection(uintptr_t size, unsigned alignment, unsigned, llvm::StringRef name, bool) override {
    if (name == kStackMaps) {
      not_needed_.resize(size);
      return not_needed_.data();
    }
    used_ = (used_ + alignment - 1) & ~(size_t{alignment} - 1);
    uint8_t* const at = base_ + used_;
    used_ += size;
    is_wrong_ |= alignment > kAlignment;
    if (at + size > block_.data() + block_.size()) llvm::report_fatal_error("sections are larger than reserved");
    return at;
  }
  bool finalizeMemory(std::string*) override { return false; }
  void registerEHFrames(uint8_t*, uint64_t, size_t) override {}
  void deregisterEHFrames() override {}

  // More than one section of code, a larger alignment than the engine's, or more bytes than the code reaches.
  bool is_wrong() const { return is_wrong_ || base_ == nullptr || used_ > kMostBytes; }
  const uint8_t* base() const { return base_; }
  size_t used() const { return used_; }
  size_t code_size() const { return code_size_; }

 private:
  static constexpr size_t kAlignment = Object::kAlignment;
  std::vector<uint8_t> block_, not_needed_;
  uint8_t* base_ = nullptr;
  size_t used_ = 0, code_size_ = 0;
  bool is_wrong_ = false;
};

// Code calls addresses that are constants: nothing is looked up by name.
class NoSymbols final : public llvm::LegacyJITSymbolResolver {
 public:
  llvm::JITSymbol findSymbol(const std::string&) override { return nullptr; }
  llvm::JITSymbol findSymbolInLogicalDylib(const std::string&) override { return nullptr; }
};

// The distances from code to data: RuntimeDyld (of LLVM 19, for instance) fills in only 12 bits of them on AArch64.
#if defined(__aarch64__)
void fill_in_distances(const llvm::object::ObjectFile& file, const llvm::RuntimeDyld::LoadedObjectInfo& loaded) {
  for (const llvm::object::SectionRef& list : file.sections()) {
    const auto section = llvm::cantFail(list.getRelocatedSection());
    if (section == file.section_end() || !section->isText()) continue;
    for (const llvm::object::ELFRelocationRef entry : list.relocations()) {
      const uint64_t type = entry.getType();
      if (type != llvm::ELF::R_AARCH64_ADR_PREL_LO21 && type != llvm::ELF::R_AARCH64_LD_PREL_LO19) continue;
      const llvm::object::SymbolRef symbol = *entry.getSymbol();
      auto place = symbol.getSection();
      auto value = symbol.getValue();
      auto addend = entry.getAddend();
      if (!place || !value || !addend) llvm::report_fatal_error("a relocation is not as expected");
      const uint64_t from = loaded.getSectionLoadAddress(*section) + entry.getOffset();
      const auto distance =
          static_cast<uint32_t>(loaded.getSectionLoadAddress(**place) + *value + static_cast<uint64_t>(*addend) - from);
      uint32_t word;
      std::memcpy(&word, reinterpret_cast<const void*>(from), sizeof word);
      word = (word & ~(0x7ffffu << 5)) | (distance >> 2 & 0x7ffff) << 5;
      if (type == llvm::ELF::R_AARCH64_ADR_PREL_LO21) word = (word & ~(3u << 29)) | (distance & 3) << 29;
      std::memcpy(reinterpret_cast<void*>(from), &word, sizeof word);
    }
  }
}
#endif

// The processor's encoding of a register, by its number in DWARF.
int register_of(uint16_t dwarf) {
#if defined(__x86_64__)
  constexpr int kRegisters[] = {0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
  return dwarf < std::size(kRegisters) ? kRegisters[dwarf] : -1;
#else
  return dwarf < 32 ? dwarf : -1;
#endif
}

// Whether all that the file uses is in it. LLVM might call a function of the C library.
bool is_complete(const llvm::object::ObjectFile& file) {
  using llvm::object::SymbolRef;
  for (const SymbolRef& symbol : file.symbols()) {
    auto flags = symbol.getFlags();
    if (!flags) llvm::consumeError(flags.takeError());
    else if ((*flags & SymbolRef::SF_FormatSpecific) != 0) continue;  // the first symbol, which is none
    else if ((*flags & SymbolRef::SF_Undefined) == 0) continue;
    return false;
  }
  return true;
}

void read_state(llvm::StringRef section, Object& object) {
  const llvm::StackMapParser<llvm::endianness::little> parser(
      llvm::ArrayRef<uint8_t>(section.bytes_begin(), section.size()));
  for (const auto& record : parser.records()) {
    if (record.getID() != Builder::kStateMap || record.getNumLocations() != 1) continue;
    const auto location = record.getLocation(0);
    using Kind = llvm::StackMapParser<llvm::endianness::little>::LocationKind;
    if (location.getKind() != Kind::Direct) continue;
    object.state_register = register_of(location.getDwarfRegNum());
    object.state_offset = location.getOffset();
  }
}

// An address as the assembler has it: "24(%rsp)".
void read_state_text(llvm::StringRef text, Object& object) {
  constexpr llvm::StringRef kNames[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};
  const auto [offset, rest] = text.split("(%");
  const auto* const name = std::ranges::find(kNames, rest.take_until([](char c) { return c == ')'; }));
  if (name == std::end(kNames) || (!offset.empty() && offset.getAsInteger(10, object.state_offset))) return;
  object.state_register = static_cast<int>(name - kNames);
}

void read_positions(const llvm::object::ObjectFile& file, Object& object) {
  const auto debug = llvm::DWARFContext::create(file);
  for (const auto& unit : debug->compile_units()) {
    const llvm::DWARFDebugLine::LineTable* const lines = debug->getLineTableForUnit(unit.get());
    if (lines == nullptr) continue;
    for (const auto& row : lines->Rows) {
      if (row.EndSequence || row.Line == 0) continue;
      const Object::Position position{static_cast<uint32_t>(row.Address.Address), row.Line - 1};
      auto& list = object.positions;
      if (!list.empty() && list.back().offset == position.offset) list.back() = position;
      else if (list.empty() || list.back().index != position.index) list.push_back(position);
    }
  }
}

// The instructions of each part's frame description: as they are in the section, because the common part that LLVM
// writes says the same as CodeFrames has it.
void read_frames(const llvm::object::ObjectFile& file, Object& object) {
  llvm::StringRef section;
  for (const auto& s : file.sections())
    if (auto name = s.getName(); name && *name == ".debug_frame")
      if (auto contents = s.getContents()) section = *contents;
  const auto debug = llvm::DWARFContext::create(file);
  auto frames = debug->getDebugFrame();
  if (!frames) return llvm::consumeError(frames.takeError());
  constexpr uint64_t kLength = 4, kHead = kLength + 4 + 8 + 8;  // the common part, the address, the size
  for (const llvm::dwarf::FrameEntry& entry : (*frames)->entries()) {
    const auto* const part = llvm::dyn_cast<llvm::dwarf::FDE>(&entry);
    if (part == nullptr) continue;
    const uint64_t at = part->getOffset() + kHead, end = part->getOffset() + kLength + part->getLength();
    if (at > end || end > section.size()) continue;
    object.frames.push_back({static_cast<uint32_t>(part->getInitialLocation()),
                             static_cast<uint32_t>(part->getAddressRange()),
                             {section.bytes_begin() + at, section.bytes_begin() + end}});
  }
}

}  // namespace

Object read_object(llvm::StringRef bytes, bool needs_state, bool wants_frames, uint64_t* frame_bytes) {
  Object object;
  *frame_bytes = 0;
  auto parsed = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(bytes, "wasm"));
  if (!parsed) {
    object.problem = llvm::toString(parsed.takeError());
    return object;
  }
  const llvm::object::ObjectFile& file = **parsed;
  if (!is_complete(file)) {
    object.problem = "it calls a function that is not in it";
    return object;
  }
  OneBlock memory;
  NoSymbols resolver;
  llvm::RuntimeDyld linker(memory, resolver);
  const auto loaded = linker.loadObject(file);
  if (linker.hasError() || loaded == nullptr || memory.is_wrong()) {
    object.problem = linker.hasError() ? linker.getErrorString().str() : "its sections are not as expected";
    return object;
  }
  linker.resolveRelocations();
  if (linker.hasError()) {
    object.problem = linker.getErrorString().str();
    return object;
  }
#if defined(__aarch64__)
  fill_in_distances(file, *loaded);
#endif
  const llvm::JITEvaluatedSymbol entry = linker.getSymbol(Builder::kFunctionName);
  if (entry.getAddress() != reinterpret_cast<uint64_t>(memory.base())) {
    object.problem = "the code does not begin with the function";
    return object;
  }
  for (const auto& section : file.sections()) {
    auto name = section.getName();
    auto contents = section.getContents();
    if (!name || !contents) {
      object.problem = "a section cannot be read";
      return object;
    }
    if (*name == kStackMaps) read_state(*contents, object);
    if (*name == Builder::kStateSection) read_state_text(*contents, object);
    if (*name == ".stack_sizes") {
      llvm::DataExtractor reader(*contents, true, 8);
      uint64_t at = 0;
      while (reader.isValidOffset(at)) {
        at += 8;  // the function's address
        *frame_bytes = std::max(*frame_bytes, reader.getULEB128(&at));
      }
    }
  }
  if (const auto by_registers = linker.getSymbol(Builder::kRegisterEntryName))
    object.register_entry =
        static_cast<uint32_t>(by_registers.getAddress() - reinterpret_cast<uint64_t>(memory.base()));
  if (needs_state && object.state_register == Object::kNoRegister) {
    object.problem = "the place of its state is not known";
    return object;
  }
  read_positions(file, object);
  if (wants_frames) read_frames(file, object);
  object.bytes.assign(memory.base(), memory.base() + memory.used());
  object.code_size = static_cast<uint32_t>(memory.code_size());
  return object;
}

}  // namespace ermine::optimizing
