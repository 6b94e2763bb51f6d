// Exception handlers: try_table, and the older try, catch and delegate.
//
// A try block costs one instruction at its entry, which stores the native stack pointer for the unwinder; everything
// else is in the function's table of regions, which is read only when an exception is thrown.
#include "ir/translator.h"

namespace ermine::ir {

using wasm::ValType;

// Opens a region at the current code position; the block's parameters are flushed.
void Translator::open_region(Control& c) {
  uint32_t at = emit(code_of(IrOp::enter_sp), 2);
  put<uint16_t>(at, 0, static_cast<uint16_t>(type_->param_slots + runtime::kHeaderNativeSp));
  bind_here();
  c.region = static_cast<uint32_t>(regions_.size());
  regions_.push_back({});
  FunctionCode::Region& r = regions_.back();
  r.start = static_cast<uint32_t>(code_.size());
  r.end = kNone;
  r.depth = static_cast<uint32_t>(controls_.size());
}

void Translator::close_region(Control& c) {
  FunctionCode::Region& r = regions_[c.region];
  r.end = static_cast<uint32_t>(code_.size());
  r.close_order = closed_regions_++;
  bind_here();
}

uint32_t Translator::add_catch(uint32_t region, const FunctionCode::Catch& c) {
  auto index = static_cast<uint32_t>(catches_.size());
  catches_.push_back(c);
  uint32_t* link = &regions_[region].first_catch;
  while (*link != kNone) link = &catches_[*link].next;
  *link = index;
  return index;
}

void Translator::try_table(const Instr& in) {
  flush_all();
  Control c{.kind = ControlKind::kTryTable};
  resolve_block_type(in, c);
  open_region(c);
  for (binary::CatchReader reader(in); reader.left();) {
    binary::Catch k = reader.next();
    Control& target = controls_[controls_.size() - 1 - k.label];
    FunctionCode::Catch record;
    bool any = k.kind == binary::CatchKind::kCatchAll || k.kind == binary::CatchKind::kCatchAllRef;
    record.tag = any ? FunctionCode::Catch::kAnyTag : k.tag;
    record.push_ref = k.kind == binary::CatchKind::kCatchRef || k.kind == binary::CatchKind::kCatchAllRef;
    record.dst = static_cast<uint16_t>(target.base);
    uint32_t payload = any ? 0 : module_.type_def(module_.tags[k.tag].type_index).func.param_slots;
    record.ref_slot = static_cast<uint16_t>(target.base + payload);
    need_slots(target.base + payload + 1);
    uint32_t index = add_catch(c.region, record);
    patch_target(target, index, Patch::kCatch, 0);
  }
  open(c);
}

void Translator::legacy_try(const Instr& in) {
  flush_all();
  Control c{.kind = ControlKind::kTry};
  resolve_block_type(in, c);
  open_region(c);
  open(c);
}

// The caught exception is kept in a hidden operand below the payload, for rethrow.
void Translator::legacy_catch(const Instr& in) {
  Control& c = controls_.back();
  if (!unreachable_) {
    move_branch_values(c);
    emit_jump(c);
  }
  if (c.kind == ControlKind::kTry) close_region(c);
  c.kind = ControlKind::kCatch;
  truncate(c.height);
  bind_here();
  unreachable_ = false;
  push_temp(wasm::kExnRef);
  c.exn_slot = top().home;
  FunctionCode::Catch record;
  record.push_ref = true;
  record.ref_slot = static_cast<uint16_t>(c.exn_slot);
  record.dst = static_cast<uint16_t>(c.exn_slot + 1);
  record.target = static_cast<uint32_t>(code_.size());
  if (in.op == Op::catch_) {
    record.tag = in.index;
    for (ValType t : module_.type_def(module_.tags[in.index].type_index).func.params) push_temp(t);
  }
  add_catch(c.region, record);
}

void Translator::legacy_delegate(const Instr& in) {
  Control& c = controls_.back();
  regions_[c.region].delegate_depth = static_cast<uint32_t>(controls_.size() - 2 - in.index);
  end_block();
}

void Translator::legacy_rethrow(const Instr& in) {
  save_pending();
  push_temp(wasm::kExnRef);
  uint16_t home = top().home;
  copy_slot(home, static_cast<uint16_t>(controls_[controls_.size() - 1 - in.index].exn_slot), wasm::kI64);
  builtin(Op::throw_ref, 1, {}, 0, 0);
  terminate();
}

}  // namespace ermine::ir
