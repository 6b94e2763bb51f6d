// Statements: code that leaves no value on the stack. See body.h.
#include "generator/body.h"

namespace ermine::fuzz {

void Body::statements(unsigned depth, uint32_t most) {
  for (uint32_t n = in_.below(most + 1); n > 0 && plan_.instructions_left > 0; --n) statement(depth);
}

void Body::statement(unsigned depth) {
  if (spent(depth)) return op(Op::nop);
  --depth;
  switch (in_.below(18)) {
    case 0:
    case 1:
      if (!locals_.empty()) {
        uint32_t l = in_.below(static_cast<uint32_t>(locals_.size()));
        Type t = locals_[l];
        expression(t, depth);
        return op(Op::local_set, l);
      }
      break;
    case 2:
    case 3: {
      uint32_t count = static_cast<uint32_t>(plan_.globals.size()) - 1, begin = in_.below(count);
      for (uint32_t i = 0; i < count; ++i) {
        uint32_t g = 1 + (begin + i) % count;
        if (!plan_.globals[g].is_mutable) continue;
        expression(plan_.globals[g].type, depth);
        return op(Op::global_set, g);
      }
      break;
    }
    case 4:
    case 5: return store_number(depth);
    case 6: expression(random_type(), depth); return op(Op::drop);
    case 7: {
      bool otherwise = in_.below(2) == 1;
      expression(kI32, depth);
      open(Op::if_, {}, {});
      statements(depth, 3);
      if (otherwise) {
        op(Op::else_);
        statements(depth, 3);
      }
      return close();
    }
    case 8: {
      open(Op::loop, {}, {});
      take_fuel();
      statements(depth, 4);
      op(Op::global_get, 0);
      i32(3 << in_.below(3));
      op(Op::i32_and);
      branch(Op::br_if, labels_.size() - 1);
      return close();
    }
    case 9:
      open(Op::block, {}, {});
      statements(depth, 3);
      if (in_.below(2) == 1) leave_early(depth);
      statements(depth, 2);
      return close();
    case 10:
      if (has(Feature::BulkMemory)) return bulk_memory(depth);
      break;
    case 11:
      if (has(Feature::ReferenceTypes)) return table_statement(depth);
      break;
    case 12:
      if (has(Feature::Gc)) return object_statement(depth);
      break;
    case 13: {
      uint32_t number = in_.below(static_cast<uint32_t>(plan_.callees.size()));
      const TypeInfo type = plan_.types[plan_.callees[number].type];
      values(type.params, depth);
      callee(number, depth, false);
      for (size_t i = type.results.size(); i > 0; --i) put_away(type.results[i - 1]);
      return;
    }
    case 14: return leave_early(depth);
    case 15: return branch_if(depth);
    case 16:
      if (has(Feature::Threads) && in_.below(2) == 1) {
        op(Op::atomic_fence);
        return out_.u8(0);
      }
      break;
    default: break;
  }
  log(depth);
}

void Body::log(unsigned depth) {
  if (in_.below(4) == 1) {
    edge_operation(kI32, depth);
    op(in_.below(2) == 0 ? Op::i64_extend_i32_u : Op::i64_extend_i32_s);
  } else {
    expression(kI64, depth);
  }
  op(Op::call, 0);
}

void Body::store_number(unsigned depth) { simple(in_.of(producers(0, plan_.of.features)), depth); }

void Body::bulk_memory(unsigned depth) {
  uint32_t m = in_.below(static_cast<uint32_t>(plan_.memories.size()));
  const MemoryPlan memory = plan_.memories[m];
  switch (in_.below(4)) {
    case 0:
      address(memory, depth, 0);
      expression(kI32, depth);
      small(memory.address(), depth, 63);
      return op(Op::memory_fill, m);
    case 1: {
      uint32_t from = in_.below(static_cast<uint32_t>(plan_.memories.size()));
      const MemoryPlan source = plan_.memories[from];
      address(memory, depth, 0);
      address(source, depth, 0);
      small(memory.is64 && source.is64 ? kI64 : kI32, depth, 63);
      op(Op::memory_copy, m);
      return out_.leb(from);
    }
    case 2:
      address(memory, depth, 0);
      small(kI32, depth, 15);
      small(kI32, depth, 15);
      op(Op::memory_init, in_.below(plan_.data_count));
      return out_.leb(m);
    default: return op(Op::data_drop, in_.one_in(4) ? in_.below(plan_.data_count) : plan_.data_count);
  }
}

void Body::table_statement(unsigned depth) {
  uint32_t t = in_.below(static_cast<uint32_t>(plan_.tables.size()));
  const TablePlan table = plan_.tables[t];
  auto place = [&] {
    if (!table.is_called) return small(table.address(), depth, 7);
    index(table.address(), table.min - 1);
  };
  switch (in_.below(5)) {
    case 0:
      place();
      expression(table.element, depth);
      return op(Op::table_set, t);
    case 1:
      place();
      expression(table.element, depth);
      small(table.address(), depth, 1);
      return op(Op::table_fill, t);
    case 2:
      for (uint32_t from = 0; from < plan_.tables.size(); ++from) {
        const TablePlan source = plan_.tables[from];
        if (!is_subtype(plan_.types, source.element, table.element) || (from == t && in_.below(2) == 0)) continue;
        place();
        small(source.address(), depth, 7);
        small(table.is64 && source.is64 ? kI64 : kI32, depth, 1);
        op(Op::table_copy, t);
        return out_.leb(from);
      }
      break;
    case 3:
      for (uint32_t i = 0; i < plan_.elems.size(); ++i) {
        if (!is_subtype(plan_.types, plan_.elems[i].element, table.element)) continue;
        place();
        small(kI32, depth, 3);
        small(kI32, depth, 1);
        op(Op::table_init, plan_.active_elems + i);
        return out_.leb(t);
      }
      break;
    default:
      if (!plan_.elems.empty() && in_.one_in(4))
        return op(Op::elem_drop, in_.below(plan_.active_elems + static_cast<uint32_t>(plan_.elems.size())));
  }
  op(Op::nop);
}

void Body::object_statement(unsigned depth) {
  struct Place {
    uint32_t type, field;
  };
  std::vector<Place> places;
  for (uint32_t i = 0; i < plan_.types.size(); ++i)
    for (uint32_t f = 0; f < plan_.types[i].fields.size(); ++f)
      if (plan_.types[i].fields[f].is_mutable) places.push_back({i, f});
  Place place = in_.of(places);
  const TypeInfo object = plan_.types[place.type];
  Type element = object.fields[place.field].type;
  Type target = ref_to(static_cast<int>(place.type), in_.one_in(8));
  expression(target, depth);
  if (object.kind == TypeInfo::kStruct) {
    expression(element.unpacked(), depth);
    op(Op::struct_set, place.type);
    return out_.leb(place.field);
  }
  small(kI32, depth, 3);
  switch (in_.below(4)) {
    case 1:
      expression(element.unpacked(), depth);
      small(kI32, depth, 1);
      return op(Op::array_fill, place.type);
    case 2: {
      std::vector<uint32_t> sources = types_where([&](const TypeInfo& t) {
        if (t.kind != TypeInfo::kArray) return false;
        Type from = t.fields[0].type;
        return from.is_packed() || element.is_packed() ? from == element : is_subtype(plan_.types, from, element);
      });
      uint32_t source = in_.of(sources);
      expression(ref_to(static_cast<int>(source), in_.one_in(8)), depth);
      small(kI32, depth, 3);
      small(kI32, depth, 1);
      op(Op::array_copy, place.type);
      return out_.leb(source);
    }
    case 3:
      if (!element.is_ref() && plan_.data_count != 0) {
        small(kI32, depth, 7);
        small(kI32, depth, 1);
        op(Op::array_init_data, place.type);
        return out_.leb(in_.below(plan_.data_count));
      }
      for (uint32_t i = 0; i < plan_.elems.size(); ++i) {
        if (!is_subtype(plan_.types, plan_.elems[i].element, element)) continue;
        small(kI32, depth, 3);
        small(kI32, depth, 1);
        op(Op::array_init_elem, place.type);
        return out_.leb(plan_.active_elems + i);
      }
      break;
    default: break;
  }
  expression(element.unpacked(), depth);
  op(Op::array_set, place.type);
}

void Body::leave_early(unsigned depth) {
  expression(kI32, depth);
  open(Op::if_, {}, {});
  size_t label = in_.below(static_cast<uint32_t>(labels_.size()));
  const std::vector<Type> types = labels_[label].types;
  switch (in_.below(6)) {
    case 0:
      values(types, depth);
      branch(Op::br, label);
      break;
    case 1:
      values(type_.results, depth);
      op(Op::return_);
      break;
    case 2: {
      values(types, depth);
      small(kI32, depth, 3);
      uint32_t count = in_.below(4);
      op(Op::br_table, count);
      for (uint32_t i = 0; i <= count; ++i) out_.leb(labels_.size() - 1 - label);
      break;
    }
    case 3:
      if (in_.below(4) == 3) op(Op::unreachable);
      break;
    case 4:
      if (in_.below(2) == 1) raise(depth);
      break;
    default:
      if (!has(Feature::TailCall)) break;
      tail_call(depth, depth);
      return close();
  }
  if (in_.below(4) == 1) {
    op(Op::unreachable);
    junk();
  }
  close();
}

void Body::junk() {
  for (uint32_t n = in_.below(5); n > 0; --n) {
    switch (in_.below(4)) {
      case 0: op(Op::drop); break;
      case 1:
        op(Op::select);
        op(Op::drop);
        break;
      case 2: {
        size_t label = in_.below(static_cast<uint32_t>(labels_.size()));
        branch(Op::br_if, label);
        for (size_t i = labels_[label].types.size(); i > 0; --i) op(Op::drop);
        break;
      }
      default: {
        Op o = in_.of(producers(in_.below(2) ? 'i' : 'd', plan_.of.features));
        if (wasm::op_info(o).imm != wasm::Imm::None) break;
        op(o);
        op(Op::drop);
      }
    }
  }
}

}  // namespace ermine::fuzz
