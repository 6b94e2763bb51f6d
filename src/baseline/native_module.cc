#include "baseline/native_module.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/format.h"
#include "baseline/code_arena.h"
#include "baseline/compiler.h"
#include "baseline/layout.h"
#include "baseline/machine.h"
#include "verify/capstone.h"
#include "verify/verifier.h"

namespace ermine::baseline {

namespace {

using ir::NativeFunction;

// The process's memory for code; null: this machine has no native tier.
CodeArena* this_arena() { return processor_suffices() ? CodeArena::get() : nullptr; }

// What a verifier has learned of stencils holds for every module: those that are not at work wait here for the next
// function, of whatever module.
class Verifiers {
 public:
  static Verifiers& get() {
    static auto* const all = new Verifiers;
    return *all;
  }
  std::unique_ptr<verify::Verifier> take(const verify::Machine& machine, const ir::NativeHost& host) {
    {
      std::lock_guard lock(mutex_);
      for (auto& [of, verifier] : idle_)
        if (of == host.handlers && verifier != nullptr) return std::move(verifier);
    }
    return std::make_unique<verify::Verifier>(machine, host, mark_holes);
  }
  void give_back(const ir::NativeHost& host, std::unique_ptr<verify::Verifier> verifier) {
    std::lock_guard lock(mutex_);
    for (auto& [of, place] : idle_)
      if (place == nullptr) {
        of = host.handlers;
        place = std::move(verifier);
        return;
      }
    if (idle_.size() < kMostIdle) idle_.emplace_back(host.handlers, std::move(verifier));
  }

 private:
  static constexpr size_t kMostIdle = 16;
  std::mutex mutex_;
  std::vector<std::pair<const ir::HandlerTable*, std::unique_ptr<verify::Verifier>>> idle_;
};

class Module final : public ir::NativeModule {
 public:
  Module(const wasm::Module& module, runtime::FuncCode* funcs, const ir::NativeHost& host,
         const runtime::CodeOptions& options, CodeArena* arena)
      : module_(module), funcs_(funcs), host_(host), options_(options), arena_(arena) {}
  ~Module() override {
    for (const CodeArena::Block& b : blocks_) arena_->free(b);
    arena_->free_table(table_);
  }

  const NativeFunction* compile(uint32_t func_index, const ir::FunctionCode& code) override {
    if (table_.bytes == 0 && !make_table()) return nullptr;
    if (!compiler_) compiler_ = std::make_unique<Compiler>(module_, funcs_, host_, options_.verify);
    if (!compiler_->compile(code)) return nullptr;
    CodeArena::Block at = take(compiler_->bytes().size());
    if (at.size == 0) return nullptr;
    // It is finished, and checked, before it gets to where it can be executed, and does not change there.
    compiler_->link(at.execute, call_table());
    const std::span<const uint8_t> bytes = compiler_->bytes();
    if ((options_.verify && !verify(func_index, code, at.execute)) || !arena_->write(at.execute, bytes)) {
      give_back(at);
      return nullptr;
    }
    __builtin___clear_cache(const_cast<char*>(reinterpret_cast<const char*>(at.execute)),
                            const_cast<char*>(reinterpret_cast<const char*>(at.execute + bytes.size())));
    auto f = std::make_unique<Function>();
    f->func_index = func_index;
    f->source = code.code.data();
    f->code = at.execute;
    f->code_size = compiler_->code_size();
    f->total_size = static_cast<uint32_t>(bytes.size());
    f->list.reserve(compiler_->entries().size());
    for (const Compiler::Entry& e : compiler_->entries())
      f->list.push_back({e.index, reinterpret_cast<const runtime::Code*>(at.execute + e.unit)});
    f->entry = f->list.front().unit;
    f->entries = f->list;
    const NativeFunction* result = f.get();
    {
      std::lock_guard lock(mutex_);
      functions_.emplace(at.execute, std::move(f));
      bytes_ += bytes.size();
    }
    // Calls from machine code come here from now on.
    table_.slots[func_index - module_.imported_functions].store(at.execute, std::memory_order_release);
    return result;
  }

  const NativeFunction* find(const void* address) const override {
    auto* p = static_cast<const uint8_t*>(address);
    if (p < arena_->begin() || p >= arena_->end()) return nullptr;
    std::lock_guard lock(mutex_);
    auto it = functions_.upper_bound(p);
    if (it == functions_.begin()) return nullptr;
    const Function& f = *std::prev(it)->second;
    return p < f.code + f.total_size ? &f : nullptr;
  }

  uint32_t position(const NativeFunction& function, const ir::FunctionCode& code, const void* address) const override {
    auto* p = static_cast<const uint8_t*>(address);
    // An island says it in the unit before.
    if (p >= function.code + function.code_size) {
      uint64_t index;
      std::memcpy(&index, p - 8, sizeof index);
      return static_cast<uint32_t>(index);
    }
    // Positions are not kept: compiling again yields them.
    Compiler again(module_, funcs_, host_, false);
    if (!again.compile(code, true)) return 0;
    auto offset = static_cast<uint32_t>(p - function.code);
    auto list = again.positions();
    auto it = std::upper_bound(list.begin(), list.end(), offset,
                               [](uint32_t o, const Compiler::Position& at) { return o < at.offset; });
    return it == list.begin() ? 0 : std::prev(it)->index;
  }

  ir::NativeLayout layout(const NativeFunction& function, const ir::FunctionCode& code) const override {
    ir::NativeLayout layout;
    Compiler again(module_, funcs_, host_, false);
    if (again.compile(code, true)) {
      for (const Compiler::Position& p : again.positions()) layout.positions.push_back({p.offset, p.index});
      layout.depths =
          stack_depths({function.code, function.code_size}, code, HandlerIndex(*host_.handlers), layout.positions);
    }
    return layout;
  }

  size_t code_bytes() const override {
    std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Function : NativeFunction {
    std::vector<Entry> list;
  };

  // The table through which machine code calls: every function's way to be run so far.
  bool make_table() {
    size_t n = module_.functions.size() - module_.imported_functions;
    table_ = arena_->allocate_table(n);
    if (table_.bytes == 0) return false;
    for (size_t i = 0; i < n; ++i) table_.slots[i].store(host_.call_stub, std::memory_order_relaxed);
    return true;
  }

  // Room for one function, from blocks that grow.
  CodeArena::Block take(size_t size) {
    const size_t unit = arena_->kind() == CodeArena::Kind::kPrivate ? 4096 : 32;
    size = (size + unit - 1) & ~(unit - 1);
    if (size > rest_.size) {
      size_t want = std::max(size, next_block_);
      CodeArena::Block b = arena_->allocate(want);
      if (b.size == 0) b = arena_->allocate(size);
      if (b.size == 0) return {};
      blocks_.push_back(b);
      rest_ = b;
      next_block_ = std::min<size_t>(next_block_ * 2, 4 << 20);
    }
    CodeArena::Block taken{rest_.execute, size};
    rest_ = {rest_.execute + size, rest_.size - size};
    return taken;
  }

  const uint8_t* call_table() const { return reinterpret_cast<const uint8_t*>(table_.slots); }

  // What was just taken.
  void give_back(const CodeArena::Block& block) { rest_ = {block.execute, block.size + rest_.size}; }

  void report(std::string_view message) {
    if (options_.report_bug != nullptr) options_.report_bug(options_.report_context, message);
  }

  bool verify(uint32_t func_index, const ir::FunctionCode& code, const uint8_t* execute) {
    static const verify::Machine* const machine = verify::this_machine();
    if (machine == nullptr) {
      if (!std::exchange(told_, true))
        report(base::format("machine code cannot be verified and is not used: {}", verify::capstone_problem()));
      return false;
    }
    auto verifier = Verifiers::get().take(*machine, host_);
    const std::string problem =
        verifier->verify(compiler_->description(execute),
                         {.module = module_, .function = code, .funcs = funcs_, .call_table = call_table()});
    Verifiers::get().give_back(host_, std::move(verifier));
    if (problem.empty()) return true;
    if (options_.counters != nullptr) ++options_.counters->refused;
    report(base::format("the machine code of function {} is not safe and is not run: {}", func_index, problem));
    return false;
  }

  const wasm::Module& module_;
  runtime::FuncCode* funcs_;
  ir::NativeHost host_;
  runtime::CodeOptions options_;
  CodeArena* arena_;
  std::unique_ptr<Compiler> compiler_;  // once something is compiled
  bool told_ = false;  // that code cannot be verified
  CodeArena::Table table_;
  CodeArena::Block rest_;
  size_t next_block_ = 64 << 10;
  std::vector<CodeArena::Block> blocks_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<const uint8_t*, std::unique_ptr<Function>> functions_;
  size_t bytes_ = 0;
};

std::unique_ptr<ir::NativeModule> make(const wasm::Module& module, runtime::FuncCode* funcs, const ir::NativeHost& host,
                                       const runtime::CodeOptions& options) {
  CodeArena* arena = this_arena();
  if (arena == nullptr) return nullptr;
  return std::make_unique<Module>(module, funcs, host, options, arena);
}

}  // namespace

const ir::NativeTier& native_tier() {
  static const ir::NativeTier tier{"baseline", make, [](const uint8_t** begin, const uint8_t** end) {
                                     CodeArena* arena = this_arena();
                                     if (arena == nullptr) return false;
                                     *begin = arena->begin();
                                     *end = arena->end();
                                     return true;
                                   }};
  return tier;
}

void limit_code(size_t bytes) {
  if (CodeArena* arena = this_arena()) arena->lower_limit(bytes);
}

namespace {
bool choose(CodeArena::Kind kind) {
  CodeArena* arena = this_arena();
  return arena == nullptr || arena->choose(kind);
}
}  // namespace

bool show_code_to_perf() { return choose(CodeArena::Kind::kAnonymous); }
bool show_code_to_debuggers() { return choose(CodeArena::Kind::kPrivate); }

}  // namespace ermine::baseline
