#include "engine/instantiate.h"

#include "base/format.h"
#include "engine/const_eval.h"
#include "engine/import_match.h"
#include "runtime/bulk.h"
#include "runtime/call.h"
#include "runtime/export_index.h"
#include "runtime/offsets.h"

namespace ermine::engine {

namespace {

using runtime::ExternValue;
using runtime::Slot;
using wasm::ExternKind;
using wasm::SegmentMode;

class Instantiation {
 public:
  Instantiation(runtime::Store& store, const CompiledModule& compiled, std::span<const ExternValue> imports)
      : store_(store), compiled_(compiled), m_(compiled.module()), imports_(imports) {}

  Result<runtime::Instance*> run() {
    ERMINE_TRY(check_imports());
    ERMINE_TRY(store_.check_instances(1));
    ERMINE_TRY(store_.prepare_stack());
    const runtime::Store::Checkpoint checkpoint = store_.checkpoint();
    if (Result<void> built = build(); !built) {
      // It is not reachable yet.
      store_.roll_back(checkpoint, instance_);
      return std::move(built).error();
    }
    // From here on, tables of other instances may contain references to the instance.
    ERMINE_TRY(apply_elems());
    ERMINE_TRY(apply_data());
    ERMINE_TRY(start());
    return instance_;
  }

 private:
  Result<void> check_imports() {
    if (imports_.size() != m_.imports.size()) {
      return Error(ErrorKind::kLink, base::format("wrong number of imports: the module has {}, {} were given",
                                                  m_.imports.size(), imports_.size()));
    }
    for (size_t i = 0; i < imports_.size(); ++i) ERMINE_TRY(match_import(m_, m_.imports[i], imports_[i]));
    return {};
  }

  Result<void> build() {
    ERMINE_TRY(create());
    ERMINE_TRY(init_globals());
    ERMINE_TRY(make_tables());
    ERMINE_TRY(evaluate_elems());
    instance_->cache_exports();
    return {};
  }

  // The instance with imports, memories and tags; the tables and globals that it defines are still zero.
  Result<void> create() {
    std::vector<runtime::Memory*> memories;
    for (size_t i = 0; i < imports_.size(); ++i)
      if (imports_[i].kind == ExternKind::kMemory) memories.push_back(imports_[i].memory);
    uint64_t own_bytes = 0;
    for (size_t i = m_.imported_memories; i < m_.memories.size(); ++i) {
      ERMINE_ASSIGN(runtime::Memory * memory, store_.new_memory(m_.memories[i], own_bytes));
      if (!memory->shared()) own_bytes += memory->byte_size();
      memories.push_back(memory);
    }
    const bool guarded = std::ranges::all_of(memories, [](const runtime::Memory* m) {
      return m->guarded() || !runtime::offsets::can_be_guarded(m->type());
    });
    ERMINE_ASSIGN(auto code, compiled_.code(compiled_.engine().code_options(guarded)));
    auto made = runtime::Instance::create(&store_, compiled_.shared(), std::move(code));
    if (!made) return Error(ErrorKind::kLimit, "no memory for the instance");
    made->set_compiled(compiled_.shared_from_this());
    instance_ = store_.add_instance(std::move(made));
    for (size_t i = 0; i < memories.size(); ++i) {
      instance_->set_memory(static_cast<uint32_t>(i), memories[i]);
      if (i >= m_.imported_memories && !memories[i]->shared()) memories[i]->definer = instance_;
    }
    for (size_t i = 0; i < imports_.size(); ++i) {
      const uint32_t index = m_.imports[i].index;
      const ExternValue& v = imports_[i];
      switch (v.kind) {
        case ExternKind::kFunc: instance_->ctx()->func_refs[index] = v.func; break;
        case ExternKind::kTable: instance_->set_table(index, v.table); break;
        case ExternKind::kGlobal: instance_->set_global(index, v.global->cell); break;
        case ExternKind::kTag: instance_->tags()[index] = v.tag; break;
        case ExternKind::kMemory: break;
      }
    }
    for (size_t i = m_.imported_tags; i < m_.tags.size(); ++i) instance_->tags()[i] = store_.new_tag(m_.tags[i].type);
    return {};
  }

  Result<void> init_globals() {
    for (size_t i = m_.imported_globals; i < m_.globals.size(); ++i) {
      Slot value[2];
      ERMINE_TRY(evaluate(*instance_, m_.globals[i].init, value));
      Slot* cell = instance_->ctx()->globals[i];
      cell[0] = value[0];
      if (m_.globals[i].type.type.slots() == 2) cell[1] = value[1];
    }
    return {};
  }

  Result<void> make_tables() {
    for (size_t i = m_.imported_tables; i < m_.tables.size(); ++i) {
      Slot init[2] = {0, 0};
      if (m_.tables[i].init.size != 0) ERMINE_TRY(evaluate(*instance_, m_.tables[i].init, init));
      ERMINE_ASSIGN(runtime::Table * table, store_.new_table(m_.tables[i].type, init[0]));
      instance_->set_table(static_cast<uint32_t>(i), table);
    }
    return {};
  }

  Result<void> evaluate_elems() {
    for (size_t i = 0; i < m_.elems.size(); ++i) {
      const wasm::ElemSegment& e = m_.elems[i];
      if (e.exprs.empty()) continue;
      // Filled in place, so that the collector sees the elements that already exist.
      std::span<Slot> values = instance_->make_elem_values(static_cast<uint32_t>(i), e.exprs.size());
      for (size_t j = 0; j < e.exprs.size(); ++j) {
        Slot value[2];
        ERMINE_TRY(evaluate(*instance_, e.exprs[j], value));
        values[j] = value[0];
      }
    }
    return {};
  }

  Result<uint64_t> offset(const wasm::ConstExpr& expr) {
    Slot value[2];
    ERMINE_TRY(evaluate(*instance_, expr, value));
    return value[0];
  }

  Result<void> apply_elems() {
    for (uint32_t i = 0; i < m_.elems.size(); ++i) {
      const wasm::ElemSegment& e = m_.elems[i];
      if (e.mode == SegmentMode::kPassive) continue;
      if (e.mode == SegmentMode::kActive) {
        ERMINE_ASSIGN(const uint64_t at, offset(e.offset));
        const TrapCode trap = runtime::table_init(instance_->ctx(), e.table, i, at, 0, e.size());
        if (trap != TrapCode::kNone) {
          return Error::trap(trap, base::format("element segment {} of {} elements at {} does not fit table {} of {}",
                                                i, e.size(), at, e.table, instance_->table(e.table)->size()));
        }
      }
      instance_->drop_elem(i);
    }
    return {};
  }

  Result<void> apply_data() {
    // The memories that the instance defines are still unchanged, and an image is made only of segments that fit.
    const MemoryImage* image = compiled_.memory_image();
    if (image && image->map_image(*instance_)) {
      for (uint32_t i = 0; i < m_.data.size(); ++i)
        if (m_.data[i].mode == SegmentMode::kActive) instance_->drop_data(i);
      return {};
    }
    for (uint32_t i = 0; i < m_.data.size(); ++i) {
      const wasm::DataSegment& d = m_.data[i];
      if (d.mode != SegmentMode::kActive) continue;
      ERMINE_ASSIGN(const uint64_t at, offset(d.offset));
      const TrapCode trap = runtime::memory_init(instance_->ctx(), d.memory, i, at, 0, d.bytes.size());
      if (trap != TrapCode::kNone) {
        store_.memory_fault = {};  // the message says more
        return Error::trap(trap, base::format("data segment {} of {} bytes at {} does not fit memory {} of {} bytes", i,
                                              d.bytes.size(), at, d.memory, instance_->memory(d.memory)->byte_size()));
      }
      instance_->drop_data(i);
    }
    return {};
  }

  Result<void> start() {
    if (!m_.start) return {};
    Slot none[1];
    if (!runtime::call(&store_, instance_->func_ref(*m_.start), none)) return runtime::take_error(&store_);
    return {};
  }

  runtime::Store& store_;
  const CompiledModule& compiled_;
  const wasm::Module& m_;
  std::span<const ExternValue> imports_;
  runtime::Instance* instance_ = nullptr;
};

}  // namespace

Result<runtime::Instance*> instantiate(runtime::Store& store, const CompiledModule& compiled,
                                       std::span<const ExternValue> imports) {
  return Instantiation(store, compiled, imports).run();
}

ExternValue export_value(runtime::Instance& instance, const wasm::Export& e) {
  switch (e.kind) {
    case ExternKind::kTable: return ExternValue(instance.table(e.index));
    case ExternKind::kMemory: return ExternValue(instance.memory(e.index));
    case ExternKind::kGlobal: return ExternValue(instance.global(e.index));
    case ExternKind::kTag: return ExternValue(instance.tag(e.index));
    case ExternKind::kFunc: break;
  }
  return ExternValue(instance.func_ref(e.index));
}

std::optional<ExternValue> find_export(runtime::Instance& instance, std::string_view name) {
  const wasm::Export* e = instance.shared().exports->find(name);
  if (!e) return std::nullopt;
  return export_value(instance, *e);
}

}  // namespace ermine::engine
