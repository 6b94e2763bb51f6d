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

// A function that an instruction calls, or may call. No code: it cannot be inlined.
struct Found {
  const tiering::Surroundings* in = nullptr;
  uint32_t func_index = 0;
  tiering::Callee callee;
  uint32_t import = 0;
  std::shared_ptr<const runtime::FuncCode> func;  // as in Inlining
};

// A call that may be inlined.
struct Candidate {
  Inlining* caller;
  uint32_t at;
  uint32_t frame;
  Found found;
  const Most* most;
  unsigned loops;  // how many are around it, in the callers too

  // Whether the other one comes first.
  bool operator<(const Candidate& other) const {
    if (loops != other.loops) return loops < other.loops;
    return size() > other.size();
  }
  size_t size() const { return found.callee.code->code.size(); }
};

class Planner {
 public:
  Planner(const Request& request, const ir::HandlerIndex& handlers) : request_(request), handlers_(handlers) {}

  std::unique_ptr<Inlining> plan() {
    auto root = std::make_unique<Inlining>(request_.code, &request_.in, request_.func_index);
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
      Found found = callee_of(*caller.in, instr);
      const ir::FunctionCode* const code = found.callee.code;
      if (code == nullptr || !code->catches.empty()) continue;
      unsigned recursion = 0;
      for (const Inlining* i = &caller; i != nullptr; i = i->caller)
        recursion += i->in == found.in && i->func_index == found.func_index;
      if (recursion > kMostRecursion) continue;
      const unsigned around = loops + loops_around(caller.decoded, instr.at);
      const Most& most = found.callee.is_warm ? kMostWarm : kMost;
      if (code->code.size() > (around > 0 ? most.units_in_loop : most.units)) continue;
      candidates_.push({.caller = &caller,
                        .at = instr.at,
                        .frame = caller.frame + field<uint16_t>(instr.pc, 0),
                        .found = std::move(found),
                        .most = &most,
                        .loops = around});
    }
  }

  // The function that an instruction calls, or that an indirect call or an import has been until now.
  static Found callee_of(const tiering::Surroundings& in, const IrInstr& instr) {
    const ir::IrInfo& info = ir::ir_info(instr.code);
    if (info.kind != ir::CodeInfo::kIr) return {};
    const auto own = [&](uint32_t index) { return Found{.in = &in, .func_index = index, .callee = in.callee(index)}; };
    if (info.ir() == IrOp::call)
      return own(reinterpret_cast<const runtime::FuncCode*>(field<uint64_t>(instr.pc, 8))->func_index);
    if (info.ir() == IrOp::call_import) {
      if (!in.imported) return {};
      const auto import = static_cast<uint32_t>(field<uint64_t>(instr.pc, 8));
      const tiering::ImportedFunc is = in.imported(import);
      if (is.func == nullptr) return {};
      return {is.in, is.func->func_index, is.callee, import, is.func};
    }
    if (!ir::has_callee_cell(info.ir())) return {};
    const uint16_t seen = __atomic_load_n(ir::callee_cell(instr.pc), __ATOMIC_RELAXED);
    if (seen == 0 || seen == ir::kManyCallees) return {};
    const uint32_t callee = seen - 1;
    const wasm::Module& module = in.module;
    if (callee < module.imported_functions || callee >= module.functions.size()) return {};
    if (module.types[module.functions[callee].type_index] != field<uint32_t>(instr.pc, 4)) return {};
    return own(callee);
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
    const ir::FunctionCode& code = *next.found.callee.code;
    const size_t together = next.most->together + request_.code.code.size() / next.most->own_for_one;
    if (units_ + code.code.size() > together) return;
    if (next.frame + code.frame_slots > kMostFrameSlots) return;
    auto callee = std::make_unique<Inlining>(code, next.found.in, next.found.func_index);
    callee->caller = next.caller;
    callee->import = next.found.import;
    callee->func = next.found.func;
    callee->in_loop = next.loops > 0;
    callee->frame = next.frame;
    ir::decode_ir(code.code, handlers_, callee->decoded);
    if (ir::has_return_calls(callee->decoded)) return;
    units_ += code.code.size();
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
