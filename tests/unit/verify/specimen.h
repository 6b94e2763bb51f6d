// A function compiled as by the engine, with its description for the verifier; both can be changed. Nothing is run.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "baseline/compiler.h"
#include "ir/translator.h"
#include "verify/verifier.h"

namespace ermine::verify {

// The module, and what all its functions share.
class Specimens {
 public:
  // As the engine requests it if there is machine code.
  static constexpr ir::TranslateOptions kOptions{
      .pairs = false, .count = true, .tier_up_calls = 1, .tier_up_rounds = 1};

  // From text that must be a module. Otherwise ends the program.
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
  // Unused addresses: the code's and the table of functions'.
  static constexpr uint64_t kExecute = 0x20000000, kCallTable = 0x10000000;

  Specimen(Specimens& of, uint32_t func_index);

  // The verifier's result for its current state.
  std::string verify();

  // The first instruction of the register code with this name, as an index. Ends the program if there is none.
  uint32_t find(std::string_view ir_name) const;
  // Pieces of the instruction: the first, and the number of consecutive ones.
  size_t piece_of(uint32_t at) const;

  // Replaces the longest run of pieces without a jump into it by other code, as one piece of the instruction `at`,
  // followed by bytes that do nothing. False: there is no space.
  bool implant(std::span<const uint8_t> code, uint32_t at);

  // Makes a piece do nothing.
  void blank(size_t piece);

  std::vector<uint8_t> bytes;  // with space after them, see Code
  uint32_t size = 0;           // number of valid ones
  uint32_t code_size = 0, data_start = 0;
  std::vector<Piece> pieces;
  std::vector<Label> labels;
  std::vector<Code::Entry> entries;
  std::vector<uint64_t> spills;
  size_t call_table_size;  // bytes
  // Shared with copies: machine code contains addresses in it.
  std::shared_ptr<ir::FunctionCode> function;

 private:
  Specimens* of_;
};

}  // namespace ermine::verify
