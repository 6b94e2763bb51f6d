// Validates a module (specification 3.0, section 3.5): everything outside function bodies, in the order of the
// sections, and the bodies in parallel.
#include "binary/validator.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/format.h"
#include "base/parallel.h"
#include "base/sort.h"
#include "binary/function_validator.h"
#include "wasm/type_name.h"

namespace ermine::binary {

using wasm::ExternKind;
using wasm::Feature;
using wasm::Module;
using wasm::ValType;

namespace {

Error invalid(uint64_t at, std::string message) { return Error(ErrorKind::kInvalid, std::move(message), at); }

class ModuleValidator {
 public:
  explicit ModuleValidator(const ModuleContext& context)
      : context_(context), m_(context.module), expressions_(context) {}

  // In the order of the sections; those before the bodies (`before_code`) and those after them separately.
  Result<void> before_code() {
    for (const wasm::Import& import : m_.imports) ERMINE_TRY(this->import(import));
    for (size_t i = m_.imported_tables; i < m_.tables.size(); ++i) ERMINE_TRY(table(i));
    for (size_t i = m_.imported_memories; i < m_.memories.size(); ++i) ERMINE_TRY(memory(i));
    for (size_t i = m_.imported_tags; i < m_.tags.size(); ++i) ERMINE_TRY(tag(m_.tags[i], m_.tags[i].entry_offset));
    for (size_t i = m_.imported_globals; i < m_.globals.size(); ++i) ERMINE_TRY(global(i));
    ERMINE_TRY(exports());
    ERMINE_TRY(start());
    for (size_t i = 0; i < m_.elems.size(); ++i) ERMINE_TRY(elem(i));
    return {};
  }
  Result<void> after_code() {
    for (size_t i = 0; i < m_.data.size(); ++i) ERMINE_TRY(data(i));
    return {};
  }

 private:
  // The error of `result`, if any, with its position: "global 3".
  static Result<void> within(Result<void> result, std::string_view what, size_t index) {
    if (result) return result;
    const Error& error = result.error();
    return Error(error.kind(), base::format("{:t} (in {} {})", error.message(), what, index), error.offset());
  }

  std::string name(ValType type) const { return wasm::type_name(type, &m_); }

  Result<void> import(const wasm::Import& import) {
    switch (import.kind) {
      case ExternKind::kTable: return table_type(import.index, import.entry_offset);
      case ExternKind::kMemory: return memory_type(import.index, import.entry_offset);
      case ExternKind::kTag: return tag(m_.tags[import.index], import.entry_offset);
      case ExternKind::kFunc:
      case ExternKind::kGlobal: return {};
    }
    return {};
  }

  // Section 3.2.12 (limits).
  Result<void> limits(const wasm::Limits& limits, uint64_t range, uint32_t at, std::string_view message) {
    if (limits.min > range || (limits.max && *limits.max > range))
      return invalid(at, base::format("{}: {} was given", message, limits.min > range ? limits.min : *limits.max));
    if (limits.max && limits.min > *limits.max)
      return invalid(at,
                     base::format("size minimum must not be greater than maximum: {} and {}", limits.min, *limits.max));
    return {};
  }

  Result<void> table_type(size_t index, uint32_t at) {
    const wasm::TableType& type = m_.tables[index].type;
    if (index > 0 && !m_.features.has(Feature::ReferenceTypes))
      return invalid(at, "multiple tables: a second table requires the reference-types feature");
    return limits(
        type.limits, type.is64 ? UINT64_MAX : UINT32_MAX, at,
        type.is64 ? "table size must be at most 2^64-1 for i64" : "table size must be at most 2^32-1 for i32");
  }

  Result<void> table(size_t index) {
    const wasm::Table& table = m_.tables[index];
    ERMINE_TRY(table_type(index, table.entry_offset));
    // Tables come before globals: their expressions see imported globals only.
    if (table.init.size > 0)
      return within(expressions_.constant(table.init, table.type.element, m_.imported_globals), "table", index);
    if (!table.type.element.nullable())
      return invalid(table.entry_offset,
                     base::format("type mismatch: table of {} has no initial value, its elements cannot be null",
                                  name(table.type.element)));
    return {};
  }

  Result<void> memory_type(size_t index, uint32_t at) {
    const wasm::MemoryType& type = m_.memories[index];
    if (index > 0 && !m_.features.has(Feature::MultiMemory))
      return invalid(at, "multiple memories: a second memory requires the multi-memory feature");
    if (type.page_log2 != 0 && type.page_log2 != 16)
      return invalid(at, base::format("invalid custom page size 2^{}: 1 and 65536 bytes are allowed", type.page_log2));
    if (type.page_log2 == 16) {
      ERMINE_TRY(limits(type.limits, type.is64 ? uint64_t{1} << 48 : uint64_t{1} << 16, at,
                        type.is64 ? "memory size must be at most 2^48 pages (256 TiB) for i64"
                                  : "memory size must be at most 65536 pages (4GiB)"));
    } else {
      ERMINE_TRY(limits(type.limits, type.is64 ? UINT64_MAX : UINT32_MAX, at,
                        type.is64 ? "memory size must be at most 2^64-1 bytes for i64"
                                  : "memory size must be at most 2^32-1 bytes for i32"));
    }
    if (type.shared && !type.limits.max) return invalid(at, "shared memory must have maximum");
    return {};
  }
  Result<void> memory(size_t index) { return memory_type(index, m_.memories[index].entry_offset); }

  Result<void> tag(const wasm::Tag& tag, uint32_t at) {
    const wasm::FuncType& type = context_.types[tag.type_index]->func;
    if (type.results.empty()) return {};
    return invalid(at, base::format("non-empty tag result type {}", wasm::type_names(type.results, &m_)));
  }

  Result<void> global(size_t index) {
    const wasm::Global& global = m_.globals[index];
    return within(expressions_.constant(global.init, global.type.type, static_cast<uint32_t>(index)), "global", index);
  }

  Result<void> exports() {
    struct Space {
      std::string_view what;
      size_t size;
    };
    const Space spaces[] = {{"function", m_.functions.size()},
                            {"table", m_.tables.size()},
                            {"memory", m_.memories.size()},
                            {"global", m_.globals.size()},
                            {"tag", m_.tags.size()}};
    for (const wasm::Export& e : m_.exports) {
      const Space& space = spaces[static_cast<size_t>(e.kind)];
      if (e.index >= space.size)
        return invalid(e.entry_offset, base::format("unknown {} {}, exported as \"{}\"", space.what, e.index, e.name));
      if (e.kind == ExternKind::kGlobal && m_.globals[e.index].type.is_mutable &&
          !m_.features.has(Feature::MutableGlobal))
        return invalid(
            e.entry_offset,
            base::format("exporting a mutable global, as \"{}\", requires the mutable-global feature", e.name));
    }
    // Sorted instead of hashed: no choice of names is slow.
    std::vector<const wasm::Export*> by_name;
    by_name.reserve(m_.exports.size());
    for (const wasm::Export& e : m_.exports) by_name.push_back(&e);
    base::sort(std::span(by_name), [](const wasm::Export* a, const wasm::Export* b) {
      return a->name != b->name ? a->name < b->name : a->entry_offset < b->entry_offset;
    });
    const wasm::Export* second = nullptr;
    for (size_t i = 1; i < by_name.size(); ++i)
      if (by_name[i]->name == by_name[i - 1]->name && (!second || by_name[i]->entry_offset < second->entry_offset))
        second = by_name[i];
    if (second) return invalid(second->entry_offset, base::format("duplicate export name \"{}\"", second->name));
    return {};
  }

  Result<void> start() {
    if (!m_.start) return {};
    if (*m_.start >= m_.functions.size())
      return invalid(m_.start_offset, base::format("unknown function {}: the start function", *m_.start));
    const wasm::FuncType& type = *context_.functions[*m_.start];
    if (!type.params.empty() || !type.results.empty())
      return invalid(
          m_.start_offset,
          base::format("start function must not have parameters or results: function {} has the type {} -> {}",
                       *m_.start, wasm::type_names(type.params, &m_), wasm::type_names(type.results, &m_)));
    return {};
  }

  Result<void> elem(size_t index) {
    const wasm::ElemSegment& segment = m_.elems[index];
    const auto globals = static_cast<uint32_t>(m_.globals.size());
    if (segment.mode == wasm::SegmentMode::kActive) {
      if (segment.table >= m_.tables.size())
        return invalid(segment.entry_offset,
                       base::format("unknown table {} (in element segment {})", segment.table, index));
      const wasm::TableType& table = m_.tables[segment.table].type;
      if (!context_.registry.is_subtype(segment.type, table.element))
        return invalid(segment.entry_offset, base::format("type mismatch: element segment's type {} does not match "
                                                          "table's element type {} (in element segment {})",
                                                          name(segment.type), name(table.element), index));
      ERMINE_TRY(within(expressions_.constant(segment.offset, table.is64 ? wasm::kI64 : wasm::kI32, globals),
                        "element segment", index));
    }
    for (uint32_t f : segment.funcs)
      if (f >= m_.functions.size())
        return invalid(segment.entry_offset, base::format("unknown function {} (in element segment {})", f, index));
    for (const wasm::ConstExpr& expr : segment.exprs)
      ERMINE_TRY(within(expressions_.constant(expr, segment.type, globals), "element segment", index));
    return {};
  }

  Result<void> data(size_t index) {
    const wasm::DataSegment& segment = m_.data[index];
    if (segment.mode != wasm::SegmentMode::kActive) return {};
    if (segment.memory >= m_.memories.size())
      return invalid(segment.entry_offset,
                     base::format("unknown memory {} (in data segment {})", segment.memory, index));
    const ValType address = m_.memories[segment.memory].is64 ? wasm::kI64 : wasm::kI32;
    return within(expressions_.constant(segment.offset, address, static_cast<uint32_t>(m_.globals.size())),
                  "data segment", index);
  }

  const ModuleContext& context_;
  const Module& m_;
  FunctionValidator expressions_;
};

// Bodies are distributed in batches of about this size, in order.
constexpr uint64_t kBatchBytes = 64 * 1024;

// Threads take batches in ascending order and stop when a lower one has failed. So all functions below the lowest
// invalid one are checked, and the outcome does not depend on timing.
class Bodies {
 public:
  explicit Bodies(const ModuleContext& context) : context_(context) {
    const auto& functions = context.module.functions;
    uint64_t bytes = kBatchBytes;
    for (size_t i = context.module.imported_functions; i < functions.size(); ++i) {
      if (bytes >= kBatchBytes) {
        starts_.push_back(static_cast<uint32_t>(i));
        bytes = 0;
      }
      bytes += functions[i].body_size + 8;
    }
  }

  Result<void> validate(unsigned threads) {
    if (starts_.empty()) return {};
    // For a small module, asking the system for the number of processors would take longer than validating.
    if (threads == 0) threads = starts_.size() == 1 ? 1 : base::hardware_threads();
    auto work = [this] { this->work(); };
    base::run_on_threads(static_cast<unsigned>(std::min<size_t>(threads, starts_.size())), work);
    if (bad_ == UINT32_MAX) return {};
    return std::move(error_);
  }

 private:
  void work() {
    FunctionValidator validator(context_);
    while (true) {
      const size_t batch = next_.fetch_add(1, std::memory_order_relaxed);
      if (batch >= starts_.size() || starts_[batch] > bad_.load(std::memory_order_relaxed)) return;
      const size_t end = batch + 1 < starts_.size() ? starts_[batch + 1] : context_.module.functions.size();
      for (uint32_t i = starts_[batch]; i < end; ++i) {
        auto result = validator.function(i);
        if (result) continue;
        std::lock_guard lock(mutex_);
        if (i < bad_) {
          bad_ = i;
          error_ = std::move(result).error();
        }
        return;
      }
    }
  }

  const ModuleContext& context_;
  std::vector<uint32_t> starts_;  // first function of each batch
  std::atomic<size_t> next_ = 0;
  std::atomic<uint32_t> bad_ = UINT32_MAX;  // lowest function that failed
  std::mutex mutex_;
  Error error_;
};

}  // namespace

namespace {

Result<void> validate_all(const Module& module, ValidateOptions options) {
  const ModuleContext context(module);
  ModuleValidator outside(context);
  ERMINE_TRY(outside.before_code());
  ERMINE_TRY(Bodies(context).validate(options.threads));
  return outside.after_code();
}

Result<void> in_whole_binary(Result<void> result, const Module& module) {
  if (!result) return std::move(result).error().with_offset_moved(module.base_offset);
  return result;
}

}  // namespace

Result<void> validate(const Module& module, ValidateOptions options) {
  return in_whole_binary(validate_all(module, options), module);
}

Result<void> validate_function(const Module& module, uint32_t func_index) {
  const ModuleContext context(module);
  return in_whole_binary(FunctionValidator(context).function(func_index), module);
}

}  // namespace ermine::binary
