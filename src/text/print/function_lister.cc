#include "text/print/function_lister.h"

#include "text/print/module_printer.h"

namespace ermine::text {

namespace {

constexpr PrintOptions kPrintOptions{.exact = false};

class Lister final : public FunctionLister, private ModulePrinter {
 public:
  explicit Lister(std::unique_ptr<RawModule> raw)
      : ModulePrinter(*raw, kPrintOptions, text_), own_raw_(std::move(raw)) {
    text_.cut_names();
  }

  Result<std::vector<Line>> list(uint32_t func_index, uint32_t offset, uint32_t size) override {
    // The printer finds names of locals and labels by moving forwards.
    if (func_index < last_) local_cursor_ = label_cursor_ = 0;
    last_ = func_index;
    lines_.clear();
    ERMINE_TRY(function(func_index, offset, offset + size));
    text_.flush();
    return std::move(lines_);
  }

 private:
  void new_line(unsigned indent, uint32_t from, uint32_t) override {
    text_.flush();
    lines_.push_back({from, std::string(indent - 2, ' ')});
  }
  void function_end(uint32_t at, uint32_t end) override {
    new_line(2, at, end);
    text_ << ')';
  }

  std::unique_ptr<RawModule> own_raw_;
  std::vector<Line> lines_;
  const TextSink sink_ = [this](std::string_view piece) {
    if (!lines_.empty()) lines_.back().text += piece;
    return true;
  };
  Out text_{sink_};
  uint32_t last_ = 0;
};

}  // namespace

Result<std::unique_ptr<FunctionLister>> FunctionLister::open(std::span<const uint8_t> module) {
  ERMINE_ASSIGN(std::unique_ptr<RawModule> raw, RawModule::read(module));
  return std::unique_ptr<FunctionLister>(std::make_unique<Lister>(std::move(raw)));
}

}  // namespace ermine::text
