// Blocks, branches and exceptions. See body.h.
#include "generator/body.h"

namespace ermine::fuzz {

void Body::block(Type t, unsigned depth) {
  open(Op::block, {}, {t});
  statements(depth, 3);
  expression(t, depth);
  close();
}

void Body::loop(Type t, unsigned depth) {
  open(Op::loop, {}, {t});
  take_fuel();
  statements(depth, 3);
  if (in_.below(3) != 0) {
    // Some iterations, because the fuel is counted down.
    op(Op::global_get, 0);
    i32(3 << in_.below(3));
    op(Op::i32_and);
    branch(Op::br_if, labels_.size() - 1);
  }
  expression(t, depth);
  close();
}

void Body::choice(Type t, unsigned depth) {
  expression(kI32, depth);
  open(Op::if_, {}, {t});
  statements(depth, 2);
  expression(t, depth);
  op(Op::else_);
  statements(depth, 2);
  expression(t, depth);
  close();
}

void Body::branch_out(Type t, unsigned depth) {
  open(Op::block, {}, {t});
  size_t own = labels_.size() - 1;
  statements(depth, 2);
  expression(t, depth);
  switch (in_.below(3)) {
    case 0:
      branch(Op::br, own);
      junk();
      break;
    case 1:
      expression(kI32, depth);
      branch(Op::br_if, own);
      break;
    default: {
      // Labels that take the same values.
      std::vector<size_t> same;
      for (size_t l = 0; l < labels_.size(); ++l)
        if (labels_[l].types == labels_[own].types) same.push_back(l);
      small(kI32, depth, 7);
      uint32_t count = in_.below(6);
      op(Op::br_table, count);
      for (uint32_t i = 0; i <= count; ++i) out_.leb(labels_.size() - 1 - in_.of(same));
      junk();
      if (in_.below(2) == 1) expression(t, depth);
    }
  }
  close();
}

void Body::wide_block(Type t, unsigned depth) {
  if (!has(Feature::MultiValue)) return block(t, depth);
  std::vector<Type> params, results;
  for (uint32_t n = in_.below(3); n > 0; --n) params.push_back(random_type());
  uint32_t kept = in_.below(3);
  for (uint32_t i = 0; i < kept; ++i) results.push_back(random_type());
  results.push_back(t);
  for (uint32_t n = in_.below(2); n > 0; --n) results.push_back(random_type());
  constexpr Op kOps[] = {Op::block, Op::if_, Op::loop};
  Op o = kOps[in_.below(3)];
  auto contents = [&] {
    for (size_t i = params.size(); i > 0; --i) put_away(params[i - 1]);
    if (o == Op::loop) {
      take_fuel();
      if (in_.below(2) == 1) branch_if(depth);
    }
    statements(depth, 2);
    values(results, depth);
  };
  values(params, depth);
  if (o == Op::if_) expression(kI32, depth);
  open(o, params, results);
  contents();
  if (o == Op::if_) {
    op(Op::else_);
    contents();
  }
  close();
  keep_one(results, kept);
}

void Body::branch_if(unsigned depth) {
  size_t label = in_.below(static_cast<uint32_t>(labels_.size()));
  const std::vector<Type> types = labels_[label].types;
  if (!has(Feature::MultiValue) && types.size() > 1) return;
  values(types, depth);
  expression(kI32, depth);
  branch(Op::br_if, label);
  for (size_t i = types.size(); i > 0; --i) put_away(types[i - 1]);
}

void Body::raise(unsigned depth) {
  if (plan_.tags.empty()) return op(Op::unreachable);
  if (!plan_.legacy_exceptions && in_.one_in(4)) {
    expression(ref_to(kExn, true), depth);
    return op(Op::throw_ref);
  }
  uint32_t tag = in_.below(static_cast<uint32_t>(plan_.tags.size()));
  const std::vector<Type> params = plan_.types[plan_.tags[tag]].params;
  values(params, depth);
  op(Op::throw_, tag);
}

// A handler's block inside the result's block: the caught values arrive at the end of the inner one.
void Body::exception(Type t, unsigned depth) {
  uint32_t kind = in_.below(4), tag = in_.below(static_cast<uint32_t>(plan_.tags.size()));
  bool by_tag = kind < 2, with_ref = kind & 1;
  std::vector<Type> caught;
  if (by_tag) caught = plan_.types[plan_.tags[tag]].params;
  if (with_ref) caught.push_back(ref_to(kExn, true));
  open(Op::block, {}, {t});
  open(Op::block, {}, caught);
  op(Op::try_table);
  block_type({}, {t});
  bool second = in_.below(3) == 0 && caught.empty();
  out_.leb(second ? 2 : 1);
  out_.u8(static_cast<uint8_t>(kind));
  if (by_tag) out_.leb(tag);
  out_.leb(0);
  if (second) {
    out_.u8(2);
    out_.leb(0);
  }
  labels_.push_back({{t}});
  statements(depth, 3);
  if (in_.below(2) == 1) {
    expression(kI32, depth);
    open(Op::if_, {}, {});
    raise(depth);
    close();
  }
  expression(t, depth);
  close();
  branch(Op::br, labels_.size() - 2);
  close();
  for (size_t i = caught.size(); i > 0; --i) put_away(caught[i - 1]);
  expression(t, depth);
  close();
}

void Body::legacy_exception(Type t, unsigned depth) {
  open(Op::try_, {}, {t});
  statements(depth, 2);
  if (in_.below(2) == 1) {
    expression(kI32, depth);
    open(Op::if_, {}, {});
    raise(depth);
    close();
  }
  expression(t, depth);
  if (in_.below(4) == 3) {
    labels_.pop_back();
    return op(Op::delegate, in_.below(static_cast<uint32_t>(labels_.size())));
  }
  auto handler = [&] {
    if (in_.below(3) == 1) {
      expression(kI32, depth);
      open(Op::if_, {}, {});
      op(Op::rethrow, 1);
      close();
    }
    expression(t, depth);
  };
  for (uint32_t n = in_.below(3); n > 0; --n) {
    uint32_t tag = in_.below(static_cast<uint32_t>(plan_.tags.size()));
    op(Op::catch_, tag);
    const std::vector<Type> params = plan_.types[plan_.tags[tag]].params;
    for (size_t i = params.size(); i > 0; --i) put_away(params[i - 1]);
    handler();
  }
  if (in_.below(2) == 1) {
    op(Op::catch_all);
    handler();
  }
  close();
}

}  // namespace ermine::fuzz
