#include "specimen.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "baseline/stencil_table.h"
#include "binary/decoder.h"
#include "binary/validator.h"
#include "interp/tier.h"
#include "ir/print.h"
#include "text/text.h"
#include "verify/analysis.h"
#include "verify/capstone.h"
#include "wasm/type_registry.h"

namespace ermine::verify {

namespace {

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  std::abort();
}

template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error().to_string());
  return *std::move(result);
}

}  // namespace

Specimens::Specimens(std::string_view text, const ir::TranslateOptions& options) : options_(options) {
  bytes_ = must(text::parse(text, {.features = wasm::FeatureSet::all(), .emit_names = true, .file_name = "specimen"}));
  module_ = must(binary::decode(bytes_, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all()));
  if (auto valid = binary::validate(*module_, {}); !valid) give_up(valid.error().to_string());
  funcs_ = std::vector<runtime::FuncCode>(module_->functions.size());
  translator_ = std::make_unique<ir::Translator>(*module_, interp::handlers(), funcs_.data());
  compiler_ = std::make_unique<baseline::Compiler>(*module_, funcs_.data(), interp::interpreter(), true);
  const Machine* machine = this_machine();
  if (machine == nullptr) give_up(capstone_problem());
  verifier_ = std::make_unique<Verifier>(*machine, interp::interpreter(), baseline::mark_holes);
}

Specimens::~Specimens() = default;

Specimen::Specimen(Specimens& of, uint32_t func_index) : of_(&of) {
  function = std::make_shared<ir::FunctionCode>(must(of.translator_->translate(func_index, of.options_)));
  if (!of.compiler_->compile(*function)) give_up("a function cannot be compiled");
  const auto* const execute = reinterpret_cast<const uint8_t*>(kExecute);
  of.compiler_->link(execute, reinterpret_cast<const uint8_t*>(kCallTable));
  const Code code = of.compiler_->description(execute);
  bytes.assign(code.bytes.begin(), code.bytes.end());
  size = static_cast<uint32_t>(bytes.size());
  bytes.resize(bytes.size() + 16);
  code_size = code.code_size, data_start = code.data_start;
  pieces.assign(code.pieces.begin(), code.pieces.end());
  labels.assign(code.labels.begin(), code.labels.end());
  entries.assign(code.entries.begin(), code.entries.end());
  spills.assign(code.spills.begin(), code.spills.end());
  call_table_size = (of.module().functions.size() - of.module().imported_functions) * sizeof(void*);
}

std::string Specimen::verify() {
  const Code code{.bytes = {bytes.data(), size},
                  .execute = reinterpret_cast<const uint8_t*>(kExecute),
                  .code_size = code_size,
                  .data_start = data_start,
                  .pieces = pieces,
                  .labels = labels,
                  .entries = entries,
                  .spills = spills};
  return of_->verifier().verify(code, {.module = of_->module(),
                                       .function = *function,
                                       .funcs = of_->funcs_.data(),
                                       .call_table = {reinterpret_cast<const uint8_t*>(kCallTable), call_table_size}});
}

uint32_t Specimen::find(std::string_view ir_name) const {
  for (const ir::CodePrinter::Line& line :
       ir::CodePrinter(interp::handlers(), of_->funcs_.data(), of_->first()).lines(*function))
    if (line.text.starts_with(ir_name)) return line.index;
  give_up(ir::print(*function, interp::handlers()) + "has no " + std::string(ir_name));
}

size_t Specimen::piece_of(uint32_t at) const {
  for (size_t i = 0; i < pieces.size(); ++i)
    if (pieces[i].at == at) return i;
  give_up("an instruction without code");
}

void Specimen::blank(size_t piece) {
  pieces[piece].key = Piece::kNoKey;
  const uint32_t end = piece + 1 < pieces.size() ? pieces[piece + 1].offset : code_size;
#if defined(__x86_64__)
  std::fill(bytes.begin() + pieces[piece].offset, bytes.begin() + end, uint8_t{0x90});
#else
  constexpr uint8_t kNop[] = {0x1f, 0x20, 0x03, 0xd5};
  for (uint32_t i = pieces[piece].offset; i < end; i += 4) std::ranges::copy(kNop, bytes.begin() + i);
#endif
}

bool Specimen::implant(std::span<const uint8_t> code, uint32_t at) {
  auto is_label = [this](uint32_t offset) {
    return std::ranges::any_of(labels, [offset](const Label& l) { return l.offset == offset; });
  };
  // Runs begin after the entry, so that the frame has been checked, and end at labels.
  size_t best = 0, best_end = 0;
  auto end_of = [this](size_t i) { return i + 1 < pieces.size() ? pieces[i + 1].offset : code_size; };
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].at == 0 || is_label(pieces[i].offset)) continue;
    size_t end = i + 1;
    while (end < pieces.size() && !is_label(pieces[end].offset)) ++end;
    if (best_end == 0 || end_of(end - 1) - pieces[i].offset > end_of(best_end - 1) - pieces[best].offset)
      best = i, best_end = end;
    i = end - 1;
  }
  // The last piece stays: it leaves the function, or jumps.
  if (best_end < best + 3) return false;
  --best_end;
  const uint32_t begin = pieces[best].offset, end = pieces[best_end].offset;
  if (code.size() + 1 > end - begin) return false;
  std::ranges::copy(code, bytes.begin() + begin);
  const auto rest = static_cast<uint32_t>(begin + code.size());
  std::fill(bytes.begin() + rest, bytes.begin() + end, uint8_t{0x90});
  pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(best),
               pieces.begin() + static_cast<std::ptrdiff_t>(best_end));
  const Piece own[] = {{begin, Piece::kNoKey, at}, {rest, Piece::kNoKey, at}};
  pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(best), std::begin(own), std::end(own));
  return true;
}

}  // namespace ermine::verify
