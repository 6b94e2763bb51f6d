#include "explore/explorer.h"

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/format.h"
#include "baseline/tier.h"
#include "binary/decoder.h"
#include "binary/instr_reader.h"
#include "binary/validator.h"
#include "explore/disassembler.h"
#include "interp/tier.h"
#include "ir/print.h"
#include "ir/translator.h"
#include "optimizing/tier.h"
#include "text/print/function_lister.h"
#include "tiering/code_space.h"
#include "wasm/type_registry.h"

namespace ermine::explore {

namespace {

using text::FunctionLister;

// The groups of one function by the offset at which each begins: 0 is the function's head.
class Groups {
 public:
  Groups(const ir::FunctionCode& code, uint32_t body_offset) {
    begins_.push_back(body_offset);
    for (const auto& o : code.offsets) begins_.push_back(o.offset);
    std::sort(begins_.begin(), begins_.end());
    begins_.erase(std::unique(begins_.begin(), begins_.end()), begins_.end());
  }
  // The group that begins exactly at this offset.
  uint32_t of(uint32_t offset) const {
    return static_cast<uint32_t>(std::lower_bound(begins_.begin(), begins_.end(), offset) - begins_.begin());
  }
  // For lines of text. A line without register code of its own was folded: one that gives a value into the next line,
  // any other into the instruction before it.
  std::vector<uint32_t> of_lines(std::span<const FunctionLister::Line> lines, uint32_t first_instruction) const {
    std::vector<uint32_t> groups(lines.size());
    for (size_t i = lines.size(); i-- > 0;) {
      const uint32_t offset = lines[i].offset;
      const auto next = std::upper_bound(begins_.begin(), begins_.end(), offset);
      if (next == begins_.begin() || offset < first_instruction) groups[i] = 0;
      else if (*std::prev(next) != offset && i + 1 < lines.size() && gives(lines[i].text)) groups[i] = groups[i + 1];
      else groups[i] = static_cast<uint32_t>(next - begins_.begin()) - 1;
    }
    return groups;
  }

 private:
  // Locals, constants, comparisons (into branches), and instructions without effect.
  static bool gives(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::string_view word = line.substr(0, line.find(' '));
    if (word == "local.get" || word == "block" || word == "nop" || word == "ref.null") return true;
    word.remove_prefix(std::min(word.find('.'), word.size()));
    word = word.substr(0, word.find('_'));
    for (std::string_view w : {".const", ".eqz", ".eq", ".ne", ".lt", ".gt", ".le", ".ge", ".and"})
      if (word == w) return true;
    return false;
  }
  std::vector<uint32_t> begins_;
};

class Implementation final : public Explorer {
 public:
  Implementation(std::shared_ptr<const wasm::Module> module, std::unique_ptr<FunctionLister> lister)
      : module_(std::move(module)),
        lister_(std::move(lister)),
        funcs_(module_->functions.size() - module_->imported_functions),
        translator_(*module_, interp::handlers(), funcs_.data()),
        printer_(interp::handlers(), funcs_.data(), module_->imported_functions),
        space_(tiering::CodeArena::get(), funcs_.size(), interp::interpreter().call_stub) {
    for (size_t i = 0; i < funcs_.size(); ++i)
      funcs_[i].func_index = static_cast<uint32_t>(module_->imported_functions + i);
    // The code with default settings.
    options_.record_offsets = true;
    options_.count = true;
    code_options_.opt_level = Config().opt_level;
    if (const tiering::NativeTier* tier = baseline::tier())
      native_ = tier->open({*module_, funcs_.data(), interp::interpreter(), code_options_, space_});
    if (const auto tier = optimizing::tier(interp::interpreter(), optimizing::Opening::kNow);
        tier && native_ != nullptr)
      optimized_ = (*tier)->open({*module_, funcs_.data(), interp::interpreter(), code_options_, space_});
    if (native_ == nullptr) no_machine_code_ = "there is no machine code for this processor: functions are interpreted";
    for (uint32_t i = module_->imported_functions; i < module_->functions.size(); ++i)
      functions_.push_back({i, module_->functions[i].body_size, module_->function_name(i)});
  }

  const std::vector<Function>& functions() const override { return functions_; }
  std::string_view problem() const override {
    return native_ == nullptr ? std::string_view(no_machine_code_) : disassembler_.problem();
  }

  bool has_optimized_code() const override { return optimized_ != nullptr; }

  Result<FunctionListing> list(const Function& function, bool optimizes) override {
    const wasm::Function& body = module_->functions[function.index];
    const auto offset = static_cast<uint32_t>(body.body_offset);
    FunctionListing listing;
    ERMINE_ASSIGN(const auto text, lister_->list(function.index, offset, body.body_size));
    auto code = translator_.translate(function.index, options_);
    if (!code) {
      for (const FunctionLister::Line& line : text) add_text(listing, 0, line);
      listing.note = code.error().message();
      return listing;
    }
    const Groups groups(*code, offset);
    ERMINE_ASSIGN(const uint32_t first, binary::read_locals(*module_, body, [](uint32_t, wasm::ValType) {}));
    const std::vector<uint32_t> of_lines = groups.of_lines(text, first);
    for (size_t i = 0; i < text.size(); ++i) add_text(listing, of_lines[i], text[i]);
    for (const ir::CodePrinter::Line& line : printer_.lines(*code))
      listing.registers.push_back(
          {groups.of(code->offset_of(line.index)), base::format("{:5}  {:t}", line.index, line.text)});
    if (native_ != nullptr) {
      const auto bytes = add_machine_code(*native_, function, *code, groups, listing.machine);
      listing.machine_bytes = bytes.value_or(0);
      if (!bytes)
        listing.note =
            "not compiled: it has an operation without machine code, or there was no space; it is interpreted";
    }
    if (optimized_ != nullptr && optimizes &&
        !add_machine_code(*optimized_, function, *code, groups, listing.optimized))
      listing.optimized_note = "not optimised: it is too large, or there was no space";
    return listing;
  }

 private:
  static void add_text(FunctionListing& listing, uint32_t group, const FunctionLister::Line& line) {
    listing.wasm.push_back({group, base::format("{:06x}  {:t}", line.offset, line.text)});
  }

  // What is at an address that is a constant in code; empty: nothing known.
  std::string name_of(uint64_t address, const ir::FunctionCode& code) {
    const auto index_in = [address](const void* begin, size_t count) -> std::optional<uint64_t> {
      const uint64_t index = (address - reinterpret_cast<uint64_t>(begin)) / sizeof(uint64_t);
      return index < count ? std::optional(index) : std::nullopt;
    };
    // Calls and traps store places in the register code.
    if (const auto unit = index_in(code.code.data(), code.code.size()))
      return base::format("<register code {}>", *unit);
    for (const auto& [func, callee] : callees_)
      if (const auto unit = index_in(callee.code.data(), callee.code.size()))
        return base::format("<register code {} of func {}>", *unit, func);
    if (const auto func = index_in(space_.call_table().data(), funcs_.size()))
      return base::format("<call of func {}>", *func + module_->imported_functions);
    if (const auto func = index_in(space_.register_table().data(), funcs_.size()))
      return base::format("<call of func {} with registers>", *func + module_->imported_functions);
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(address), &info) != 0)
      return base::format("<engine + 0x{:x}>", address - reinterpret_cast<uint64_t>(info.dli_fbase));
    return {};
  }

  // Addresses of this process mean nothing to a reader: they are replaced by what is there.
  std::string explained(const Disassembler::Line& line, const tiering::MachineCode& native,
                        const ir::FunctionCode& code) {
    std::string text = line.text;
    for (size_t at = text.find("0x"); at != text.npos; at = text.find("0x", at + 1)) {
      uint64_t address = 0;
      const auto [end, error] = std::from_chars(&text[at + 2], text.data() + text.size(), address, 16);
      if (error != std::errc() || address >> 32 == 0) continue;
      if (const std::string name = name_of(address, code); !name.empty())
        text.replace(at, static_cast<size_t>(end - &text[at]), name);
    }
    // A place relative to the next instruction: in the table of calls, or a constant behind the code.
    constexpr std::string_view kRelative = "[rip ";
    if (const size_t at = text.find(kRelative); at != text.npos && at + 10 < text.size()) {
      const size_t sign = at + kRelative.size();
      uint64_t distance = 0;
      std::from_chars(&text[sign + 4], text.data() + text.size(), distance, 16);
      if (text[sign] == '-') distance = 0 - distance;
      const uint64_t offset = line.offset + line.size + distance;
      const uint64_t entry =
          reinterpret_cast<uint64_t>(native.code) + offset - reinterpret_cast<uint64_t>(space_.call_table().data());
      const size_t close = text.find(']', at);
      if (entry / sizeof(void*) < funcs_.size())
        text.replace(at, close + 1 - at,
                     base::format("[call of func {}]", entry / sizeof(void*) + module_->imported_functions));
      else if (offset < native.total_size)
        text.replace(at, close + 1 - at, base::format("[constant at 0x{:x}]", offset));
    }
    return text;
  }

  // As if it had been called often: that is when functions are optimised.
  tiering::Callee callee_code(uint32_t func_index) {
    if (func_index < module_->imported_functions) return {};
    auto at = callees_.find(func_index);
    if (at == callees_.end()) {
      auto made = translator_.translate(func_index, options_);
      if (!made) return {};
      at = callees_.emplace(func_index, *std::move(made)).first;
    }
    return {.code = &at->second, .is_warm = true};
  }

  // The bytes of the code, with its data; nothing: the tier has not compiled the function.
  std::optional<uint32_t> add_machine_code(tiering::NativeModule& tier, const Function& function,
                                           const ir::FunctionCode& code, const Groups& groups, std::vector<Line>& out) {
    const tiering::NativeModule::Lookups lookups{{}, [this](uint32_t callee) { return callee_code(callee); }, {}};
    const std::unique_ptr<const tiering::MachineCode> native = tier.compile(function.index, code, 0, lookups);
    if (native == nullptr) return std::nullopt;
    const tiering::CodeLayout layout = tier.layout(*native, code);
    for (const Disassembler::Line& line : disassembler_.lines({native->code, native->code_size})) {
      auto at = std::upper_bound(layout.positions.begin(), layout.positions.end(), line.offset,
                                 [](uint32_t o, const tiering::CodeLayout::Position& p) { return o < p.offset; });
      uint32_t index = at == layout.positions.begin() ? 0 : std::prev(at)->index;
      // What is inlined belongs to the call.
      while (const tiering::MachineCode::Inlined* const inlined = native->inlined_at(index)) index = inlined->caller;
      std::string text = base::format("{:4x}  {:t}", line.offset, explained(line, *native, code));
      if (constexpr size_t kColumn = 52; !line.text.empty())
        text.append(kColumn - std::min(text.size(), kColumn - 2), ' ');
      for (uint32_t i = 0; i < line.size; ++i) text += base::format("{:02x}", native->code[line.offset + i]);
      out.push_back({groups.of(code.offset_of(index)), std::move(text)});
    }
    return native->total_size;
  }

  std::shared_ptr<const wasm::Module> module_;
  std::unique_ptr<FunctionLister> lister_;
  std::vector<runtime::FuncCode> funcs_;  // never called
  ir::TranslateOptions options_;
  ir::Translator translator_;
  ir::CodePrinter printer_;
  std::map<uint32_t, ir::FunctionCode> callees_;  // those that the optimising tier has asked for
  runtime::CodeOptions code_options_;
  tiering::CodeSpace space_;
  std::unique_ptr<tiering::NativeModule> native_, optimized_;  // null: there is no such tier
  Disassembler disassembler_;
  std::string no_machine_code_;
  std::vector<Function> functions_;
};

}  // namespace

void open_libraries() {
  load_disassembler();
  (void)optimizing::tier(interp::interpreter(), optimizing::Opening::kNow);
}

Result<std::unique_ptr<Explorer>> Explorer::open(std::span<const uint8_t> bytes, wasm::FeatureSet features) {
  ERMINE_ASSIGN(auto module, binary::decode(bytes, nullptr, std::make_shared<wasm::TypeRegistry>(), features));
  ERMINE_TRY(binary::validate(*module, {}));
  ERMINE_ASSIGN(auto lister, FunctionLister::open(bytes));
  return std::unique_ptr<Explorer>(std::make_unique<Implementation>(std::move(module), std::move(lister)));
}

}  // namespace ermine::explore
