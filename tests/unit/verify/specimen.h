// A function compiled as the engine does it, with its description for the verifier, both open to changes. Nothing is
// run.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "baseline/compiler.h"
#include "ir/translator.h"
#include "verify/verifier.h"

namespace ermine::verify {

// The module and what all its functions share.
class Specimens {
 public:
  // As the engine asks for it where there is machine code.
  static constexpr ir::TranslateOptions kOptions{
      .pairs = false, .count = true, .calls_before_native = 1, .rounds_before_native = 1};

  // Of text that must be a module. Ends the program if it is none.
  explicit Specimens(std::string_view text, const ir::TranslateOptions& options = kOptions);
  ~Specimens();

  const wasm::Module& module() const { return *module_; }
  Verifier& verifier() { return *verifier_; }
  uint32_t first() const { return module_->imported_functions; }
  uint32_t end() const { return static_cast<uint32_t>(module_->functions.size()); }

 private:
  friend class Specimen;
  std::vector<uint8_t> bytes_;
  std::shared_ptr<const wasm::Module> module_;
  std::vector<runtime::FuncCode> funcs_;
  ir::TranslateOptions options_;
  std::unique_ptr<ir::Translator> translator_;
  std::unique_ptr<baseline::Compiler> compiler_;
  std::unique_ptr<Verifier> verifier_;
};

class Specimen {
 public:
  // Addresses that nothing lies at: the code's and the table of functions'.
  static constexpr uint64_t kExecute = 0x20000000, kCallTable = 0x10000000;

  Specimen(Specimens& of, uint32_t func_index);

  // What the verifier says of it as it is now.
  std::string verify();

  // The first instruction of the register code that has this name, as an index. Ends the program if there is none.
  uint32_t find(std::string_view ir_name) const;
  // Pieces of the instruction: the first, and how many follow each other.
  size_t piece_of(uint32_t at) const;

  // Puts other code in place of the longest run of pieces that nothing jumps into, as one piece of the instruction
  // `at`, followed by as many bytes that do nothing. False: there is no room.
  bool implant(std::span<const uint8_t> code, uint32_t at);

  // Makes a piece do nothing.
  void blank(size_t piece);

  std::vector<uint8_t> bytes;  // with room behind, see Code
  uint32_t size = 0;           // of them that count
  uint32_t code_size = 0, data_start = 0;
  std::vector<Piece> pieces;
  std::vector<Label> labels;
  std::vector<Code::Entry> entries;
  std::vector<uint64_t> spills;
  // Shared with copies: machine code holds addresses in it.
  std::shared_ptr<ir::FunctionCode> function;

 private:
  Specimens* of_;
};

}  // namespace ermine::verify
