#include "optimizing/plugin/inlining.h"

#include <algorithm>
#include <queue>

namespace ermine::optimizing {

using ir::field;
using ir::IrInstr;
using ir::IrOp;

namespace {

// Units of register code. What is in a loop, or known to be called often, may be larger. Where nothing is known, as in
// functions that are compiled before they run, large callees cost more time than they gain.
struct Most {
  size_t units, units_in_loop;
  // Of all that is inlined into one function, and one more for each `own_for_one` units of its own code: its time to
  // compile is bounded by that.
  size_t together, own_for_one;
};
constexpr Most kMost{60, 250, 400, 4}, kMostWarm{150, 500, 1000, 2};
constexpr unsigned kMostDepth = 8, kMostRecursion = 2;
constexpr uint32_t kMostFrameSlots = 4096;
constexpr unsigned kLevelThatInlines = 2;  // of Config::opt_level
constexpr uint32_t kNone = ~uint32_t{0};

// A call that may be inlined.
struct Candidate {
  Inlining* caller;
  uint32_t at;
  uint32_t frame;
  uint32_t func_index;
  const ir::FunctionCode* code;
  const Most* most;
  unsigned loops;  // how many are around it, in the callers too

  // Whether the other one comes first.
  bool operator<(const Candidate& other) const {
    if (loops != other.loops) return loops < other.loops;
    return code->code.size() > other.code->code.size();
  }
};

class Planner {
 public:
  Planner(const Request& request, const ir::HandlerIndex& handlers) : request_(request), handlers_(handlers) {}

  std::unique_ptr<Inlining> plan() {
    auto root = std::make_unique<Inlining>(request_.code, request_.func_index);
    ir::decode_ir(request_.code.code, handlers_, root->decoded);
    if (request_.opt_level >= kLevelThatInlines) find_calls(*root, 0);
    while (!candidates_.empty()) {
      const Candidate next = candidates_.top();
      candidates_.pop();
      take(next);
    }
    return root;
  }

 private:
  // The calls of a function, which is itself called in `loops` loops.
  void find_calls(Inlining& caller, unsigned loops) {
    unsigned depth = 0;
    for (const Inlining* i = &caller; i != nullptr; i = i->caller) ++depth;
    if (depth > kMostDepth) return;
    for (const IrInstr& instr : caller.decoded.instrs) {
      // What lies before the entry is not in the code.
      if (caller.caller == nullptr && instr.at < request_.entry) continue;
      const uint32_t callee = callee_of(instr);
      if (callee == kNone) continue;
      unsigned recursion = 0;
      for (const Inlining* i = &caller; i != nullptr; i = i->caller) recursion += i->func_index == callee;
      if (recursion > kMostRecursion) continue;
      const auto [code, is_warm] = request_.lookups.callee(callee);
      if (code == nullptr || !code->catches.empty()) continue;
      const unsigned around = loops + loops_around(caller.decoded, instr.at);
      const Most& most = is_warm ? kMostWarm : kMost;
      if (code->code.size() > (around > 0 ? most.units_in_loop : most.units)) continue;
      candidates_.push({.caller = &caller,
                        .at = instr.at,
                        .frame = caller.frame + field<uint16_t>(instr.pc, 0),
                        .func_index = callee,
                        .code = code,
                        .most = &most,
                        .loops = around});
    }
  }

  // The function that an instruction calls, or that an indirect call has called until now.
  uint32_t callee_of(const IrInstr& instr) const {
    const ir::IrInfo& info = ir::ir_info(instr.code);
    if (info.kind != ir::CodeInfo::kIr) return kNone;
    if (info.ir() == IrOp::call)
      return reinterpret_cast<const runtime::FuncCode*>(field<uint64_t>(instr.pc, 8))->func_index;
    if (!ir::has_callee_cell(info.ir())) return kNone;
    const uint16_t seen = __atomic_load_n(ir::callee_cell(instr.pc), __ATOMIC_RELAXED);
    if (seen == 0 || seen == ir::kManyCallees) return kNone;
    const uint32_t callee = seen - 1;
    const wasm::Module& module = request_.module;
    if (callee < module.imported_functions || callee >= module.functions.size()) return kNone;
    return module.types[module.functions[callee].type_index] == field<uint32_t>(instr.pc, 4) ? callee : kNone;
  }

  static unsigned loops_around(const ir::DecodedFunction& code, uint32_t at) {
    unsigned loops = 0;
    for (const uint32_t i : code.control_instrs) {
      const IrInstr& instr = code.instrs[i];
      if (ir::is_branch(instr) && instr.at > at && ir::branch_target(instr) <= at) ++loops;
    }
    return std::min(loops, 3u);  // several branches may lead to one loop
  }

  void take(const Candidate& next) {
    const size_t together = next.most->together + request_.code.code.size() / next.most->own_for_one;
    if (units_ + next.code->code.size() > together) return;
    if (next.frame + next.code->frame_slots > kMostFrameSlots) return;
    auto callee = std::make_unique<Inlining>(*next.code, next.func_index);
    callee->caller = next.caller;
    callee->frame = next.frame;
    ir::decode_ir(next.code->code, handlers_, callee->decoded);
    if (ir::has_return_calls(callee->decoded)) return;
    units_ += next.code->code.size();
    find_calls(*callee, next.loops);
    next.caller->calls.push_back({next.at, std::move(callee)});
  }

  const Request& request_;
  const ir::HandlerIndex& handlers_;
  std::priority_queue<Candidate> candidates_;
  size_t units_ = 0;
};

}  // namespace

const Inlining* Inlining::callee_at(uint32_t at) const {
  for (const Call& call : calls)
    if (call.at == at) return call.callee.get();
  return nullptr;
}

uint32_t Inlining::frame_end() const {
  uint32_t end = frame + code.frame_slots;
  for (const Call& call : calls) end = std::max(end, call.callee->frame_end());
  return end;
}

std::unique_ptr<Inlining> plan_inlining(const Request& request, const ir::HandlerIndex& handlers) {
  return Planner(request, handlers).plan();
}

}  // namespace ermine::optimizing
