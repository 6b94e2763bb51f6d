#include "verify/verifier.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "base/format.h"
#include "ir/decoded.h"
#include "ir/encoding.h"
#include "ir/object_ops.h"
#include "runtime/offsets.h"
#include "verify/accessed_memory.h"
#include "verify/analysis.h"
#include "verify/capstone.h"
#include "verify/instruction.h"
#include "verify/known_piece.h"

namespace ermine::verify {

using ir::CodeInfo;
using ir::field;
using ir::IrOp;
using ir::OpCode;
using runtime::Slot;
namespace offsets = runtime::offsets;

Verifier::Verifier(const Machine& machine, const tiering::Interpreter& host, MaskOf mask_of)
    : machine_(machine), host_(host), mask_of_(mask_of) {
#ifdef ERMINE_CAPSTONE
  decoder_ = std::make_unique<Decoder>(machine.capstone_arch, machine.capstone_mode);
#endif
  std::vector<std::pair<uint64_t, uint32_t>> handlers;
  for (unsigned i = 0; i < ir::kCodeCount; ++i)
    if (host.handlers->has(i)) handlers.emplace_back(reinterpret_cast<uint64_t>((*host.handlers)[i]), i);
  const auto bits = static_cast<unsigned>(std::bit_width(2 * handlers.size()));
  handlers_.resize(size_t{1} << bits);
  handlers_shift_ = 32 - bits;
  first_handler_ = std::ranges::min(handlers).first;
  for (const auto& [address, code] : handlers) {
    if (code_of(address) != ir::kCodeCount) continue;  // two operations share a handler that does the same for both
    const auto distance = static_cast<uint32_t>(address - first_handler_ + 1);
    size_t at = place_of(distance);
    while (handlers_[at].distance != 0) at = (at + 1) % handlers_.size();
    handlers_[at] = {distance, code};
  }
}

Verifier::~Verifier() = default;

// The operation of a handler, or kCodeCount.
uint32_t Verifier::code_of(uint64_t handler) const {
  if (handler - first_handler_ >= UINT32_MAX) return ir::kCodeCount;
  const auto distance = static_cast<uint32_t>(handler - first_handler_ + 1);
  for (size_t at = place_of(distance);; at = (at + 1) % handlers_.size()) {
    if (handlers_[at].distance == distance) return handlers_[at].code;
    if (handlers_[at].distance == 0) return ir::kCodeCount;
  }
}

void Verifier::learn(KnownPiece& k, uint32_t key, std::span<const uint8_t> code) {
  std::vector<uint8_t> mask(code.size() + KnownPiece::kRoom);
  if (key != Piece::kNoKey) mask_of_(key, code, mask.data());
#ifdef ERMINE_CAPSTONE
  k.learn(machine_, decoder_.get(), code, mask);
#else
  k.learn(machine_, nullptr, code, mask);
#endif
}

const KnownPiece& Verifier::known(const Code& code, const Piece& piece, uint32_t size,
                                  std::unique_ptr<KnownPiece>& once) {
  const uint8_t* at = code.bytes.data() + piece.offset;
  if (piece.key < kMostKeys) {
    if (piece.key >= known_.size()) known_.resize(piece.key + 1);
    auto& k = known_[piece.key];
    if (k == nullptr) {
      k = std::make_unique<KnownPiece>();
      ++known_count_;
      learn(*k, piece.key, {at, size});
    }
    if (k->matches(at, size)) return *k;
  }
  // Different from the key's code, or without a key.
  if (once == nullptr) once = std::make_unique<KnownPiece>();
  learn(*once, Piece::kNoKey, {at, size});
  return *once;
}

// One function.
class Verifier::Pass {
 public:
  Pass(Verifier& v, const Code& code, const Subject& subject)
      : v_(v),
        code_(code),
        subject_(subject),
        ir_(subject.function.code),
        execute_(reinterpret_cast<uint64_t>(code.execute)),
        memories_(subject.module, subject.function,
                  reinterpret_cast<uint64_t>((*v.host_.handlers)[ir::code_of(IrOp::use_memory)]), code.labels.size()),
        all_zeroed_(subject.function.ref_slots.empty()) {}

  std::string run() {
    if (code_.data_start < code_.code_size || code_.bytes.size() < code_.data_start) return "its parts overlap";
    if (subject_.call_table.size() / sizeof(void*) < functions()) return "the table of functions is too small";
    index_labels();
    entries();
    if (subject_.has_fuel) find_fuel();
    orders_.resize(code_.labels.size());
    jumped_from_.assign(code_.labels.size(), kNowhere);
    const std::span<const Piece> pieces = code_.pieces;
    const std::span<const Label> labels = code_.labels;
    const uint32_t code_size = code_.code_size;
    const size_t n = pieces.size(), units = ir_.size();
    uint32_t end = 0;
    size_t label = 0;
    for (size_t i = 0; i < n && problem_.empty(); ++i) {
      const Piece& p = pieces[i];
      const uint32_t next = i + 1 < n ? pieces[i + 1].offset : code_size;
      piece_ = &p;
      if (i + 4 < n) v_.prefetch(pieces[i + 4].key);
      if (p.offset != end || next < p.offset || next > code_size || next - p.offset > UINT16_MAX) {
        refuse("its pieces do not follow each other");
        break;
      }
      if (p.at >= units) {
        refuse("a piece belongs to no instruction");
        break;
      }
      take_instruction(p.at);
      end = next;
      if (fuel_met_ < fuel_.size()) fuel(p);
      while (label < labels.size() && labels[label].offset < p.offset) {
        // Inside a piece, or not in order.
        if (label + 1 < labels.size() && labels[label + 1].offset <= labels[label].offset) break;
        refuse("a label is not the beginning of a piece");
        return problem_;
      }
      const bool falls = reachable_;
      if (label < labels.size() && labels[label].offset == p.offset) {
        const Label& l = labels[label++];
        const uint32_t from = jumped_from_[label - 1];
        own_jumps_ = (from == p.at || from == kNowhere) && (!reachable_ || order_.at == p.at);
        if (reachable_) arrive(l), own_[label - 1] &= state_.own, arrive_with_memory(label - 1, state_.memory);
        own_[label - 1] &= l.own;
        state_ = {.narrow = l.narrow,
                  .own = own_[label - 1],
                  .memory = memories_.at_label(label - 1),
                  .checked = l.checked,
                  .native = l.native,
                  .unanswered = unanswered_[label - 1]};
        reachable_ = true;
      }
      const bool is_label = label > 0 && labels[label - 1].offset == p.offset;
      if (moved_ != Moved() && (p.at != moved_at_ || is_label))
        refuse("leaves a tail call whose arguments have been moved in part");
      place(p, falls, is_label ? &orders_[label - 1] : nullptr);
      reached_ = reachable_;
      if (next == p.offset) continue;  // nothing to do
      if (reachable_) piece(p, next - p.offset);
    }
    if (problem_.empty() && reachable_) refuse("execution can run past its end");
    if (problem_.empty() && end != code_.code_size) refuse("its pieces end too early");
    if (problem_.empty() && label != code_.labels.size()) refuse("a label is not the beginning of a piece");
    return problem_;
  }

 private:
  struct Order {
    uint32_t at = ~uint32_t{0}, order = 0;  // of the code of which instruction
  };
  struct KnownState {
    uint32_t narrow = 0;
    RegisterSet own = 0;  // registers into which the function has put a value
    uint32_t memory = 0;  // that loads and stores access (AccessedMemory)
    bool checked = true;
    bool native = true;
    bool unanswered = false;  // a host function may have failed
    uint8_t ref = 0;  // facts of the accumulator's reference
    uint64_t ref_type = 0;
    uint32_t ref_at = 0;
  };

  void refuse(std::string_view why) {
    if (!problem_.empty()) return;
    problem_ = base::format("{} (offset {}, instruction {} of the register code)", why, piece_ ? piece_->offset : 0,
                            piece_ ? piece_->at : 0);
  }

  // A search for a label begins at the first one in its stretch of 64 bytes.
  void index_labels() {
    first_labels_.reserve(code_.code_size / kStretch + 2);
    for (size_t i = 0; i < code_.labels.size(); ++i)
      while (first_labels_.size() <= code_.labels[i].offset / kStretch &&
             first_labels_.size() <= code_.code_size / kStretch)
        first_labels_.push_back(static_cast<uint32_t>(i));
  }
  const Label* label_at(uint64_t offset) const {
    if (offset / kStretch >= first_labels_.size()) return nullptr;
    const Label *l = code_.labels.data() + first_labels_[offset / kStretch], *const end = code_.labels.data() +
                                                                                          code_.labels.size();
    while (l != end && l->offset < offset) ++l;
    return l != end && l->offset == offset ? l : nullptr;
  }
  // The label at an address; null if there is none.
  const Label* label_of(uint64_t address) const {
    return address - execute_ < code_.code_size ? label_at(address - execute_) : nullptr;
  }
  size_t number_of(const Label& l) const { return static_cast<size_t>(&l - code_.labels.data()); }
  RegisterSet& own_at(const Label& l) { return own_[number_of(l)]; }
  const Piece* piece_at(uint32_t offset) const {
    auto it = std::lower_bound(code_.pieces.begin(), code_.pieces.end(), offset,
                               [](const Piece& p, uint32_t o) { return p.offset < o; });
    return it != code_.pieces.end() ? &*it : nullptr;
  }
  bool word_at(uint64_t address, uint64_t& word) const {
    const uint64_t offset = address - execute_;
    if (offset < code_.data_start || offset > code_.bytes.size() || code_.bytes.size() - offset < 8) return false;
    std::memcpy(&word, code_.bytes.data() + offset, 8);
    return true;
  }

  // Units that the interpreter reads as instructions are addresses of labels without claims.
  void entries() {
    own_.assign(code_.labels.size(), ~RegisterSet{0});
    unanswered_.assign(code_.labels.size(), false);
    for (const Code::Entry& e : code_.entries) {
      uint64_t address;
      if (!word_at(execute_ + e.unit, address)) return refuse("an entry lies outside its constants");
      const Label* l = label_of(address);
      if (l == nullptr || l->narrow != 0) return refuse("an entry does not lead to a label that can be entered");
      if (l->checked == (e.index == 0)) return refuse("an entry leads past the check of the frame");
      if (e.index == 0 && l->native) return refuse("an entry leads past the check of the native stack");
      own_at(*l) = 0;
      arrive_with_memory(number_of(*l), 0);
    }
    const Label* first = label_at(0);
    if (first == nullptr || first->narrow != 0 || first->checked)
      return refuse("its beginning is not a label that can be entered");
    own_at(*first) = 0;
    arrive_with_memory(number_of(*first), 0);
  }

  // The instructions that take fuel: none may be skipped between two pieces.
  void find_fuel() {
    const uint64_t handler = reinterpret_cast<uint64_t>((*v_.host_.handlers)[ir::code_of(IrOp::fuel)]);
    for (size_t i = 0; i < ir_.size(); ++i)  // counters too, which other threads may write
      if (__atomic_load_n(&ir_[i], __ATOMIC_RELAXED) == handler) fuel_.push_back(static_cast<uint32_t>(i));
  }
  void fuel(const Piece& p) {
    if (p.at <= fuel_[fuel_met_]) return;
    if (reachable_ && !took_fuel_) return refuse("continues without taking fuel");
    while (fuel_met_ < fuel_.size() && fuel_[fuel_met_] < p.at) ++fuel_met_;
    took_fuel_ = false;
  }

  void arrive(const Label& l) {
    if ((l.narrow & ~state_.narrow) != 0) return refuse("a register that is used as an index may have an upper half");
    if (l.checked && !state_.checked) return refuse("the frame is used before it is checked");
    if (l.native && !state_.native) return refuse("the native stack is used before it is checked");
  }
  void arrive_with_memory(size_t label, uint32_t memory) {
    if (!memories_.arrive(label, memory)) refuse("continues with another memory than other code there");
  }

  void leave_to(const KnownState& s, uint64_t address) {
    const Label* l = label_of(address);
    if (l == nullptr) return refuse("jumps to a place that is not a label");
    const KnownState here = std::exchange(state_, s);
    arrive(*l);
    state_ = here;
    const size_t number = number_of(*l);
    arrive_with_memory(number, s.memory);
    Order& to = orders_[number];
    uint32_t& from = jumped_from_[number];
    from = from == kNowhere || from == piece_->at ? piece_->at : kAnywhere;
    if (l->offset > piece_->offset) {
      own_at(*l) &= s.own;
      if (s.unanswered) unanswered_[number] = true;
      if (to.at != piece_->at) to = {piece_->at, 0};
      to.order = std::max(to.order, order_.order);
      return;
    }
    if ((own_at(*l) & ~s.own) != 0) return refuse("a register that is used may hold what other code left there");
    if (s.unanswered) return refuse("continues although the host function may have failed");
    const Piece* first = piece_at(l->offset);
    if (first == nullptr || first->at > piece_->at) return;
    if (first->at < piece_->at) goes_back(static_cast<size_t>(first - code_.pieces.data()));
    else if (to.order <= order_.order) refuse("has a cycle within an instruction");
  }

  // The code of one instruction may jump backwards only from code out of line, and only to a place behind the one where
  // it left: inline code is ordered by its position, and code out of line by the position of the branch to it.
  // `known`: the order of the label at its beginning, if there is one.
  [[gnu::always_inline]] void place(const Piece& p, bool falls, Order* known) {
    const bool goes_on = order_.at == p.at && (falls || !reached_);
    in_line_ = p.at >= in_line_next_ || (goes_on && in_line_);
    in_line_next_ = std::max(in_line_next_, p.at + 1);
    Order here{p.at, in_line_ ? p.offset + 1 : 0};
    if (!in_line_ && goes_on) here.order = order_.order;
    if (!in_line_ && known != nullptr && known->at == p.at) here.order = std::max(here.order, known->order);
    order_ = here;
    if (known != nullptr) *known = here;
  }

  // A backward jump: the code at its target must check for interrupts before anything else.
  void goes_back(size_t i) {
    const Piece* const here = piece_;
    for (unsigned steps = 0; steps < 32 && i + 1 <= code_.pieces.size(); ++steps, ++i) {
      const Piece& p = code_.pieces[i];
      const uint32_t next = i + 1 < code_.pieces.size() ? code_.pieces[i + 1].offset : code_.code_size;
      if (next < p.offset || next > code_.code_size || next - p.offset > UINT16_MAX)
        break;  // refused when it is reached
      const uint32_t size = next - p.offset;
      if (size == 0) continue;
      const KnownPiece& k = v_.known(code_, p, size, v_.ahead_);
      const bool goes_on = std::ranges::any_of(k.facts.exits, [](const Exit& e) { return e.kind == Exit::kNext; });
      if (goes_on && k.facts.all_next(&Exit::polled)) return;
      if (k.facts.exits.size() != 1 || k.facts.exits[0].kind != Exit::kNext) break;
    }
    piece_ = here;
    refuse("jumps back to a place that does not check for interrupts");
  }

  // --- The register code

  // The instruction of the current piece.
  [[gnu::always_inline]] void take_instruction(uint32_t at) {
    if (at == taken_) return;
    if (reachable_ && at >= in_line_next_) {
      if (!unset_.empty()) [[unlikely]]
        return refuse("leaves an instruction without having set a slot with references");
      if (ends_) [[unlikely]]
        return refuse("continues behind an instruction that never does");
    }
    taken_ = at;
    in_ = Instruction(static_cast<OpCode>(v_.code_of(ir_[at])), &ir_[at]);
    tail_ = in_.is_tail_call();
    ends_ = in_.ends();
    memory_ = memories_.of(at);
    unset_.clear();
    if (subject_.function.ref_slots.empty() || at < in_line_next_) return;
    in_.copies(unset_);
    std::erase_if(unset_, [this](uint64_t slot) { return !holds_refs(slot); });
  }

  bool holds_refs(uint64_t slot) const { return subject_.function.holds_refs(slot); }
  bool is_spill(uint64_t slot) const {
    return slot / 64 < code_.spills.size() && (code_.spills[slot / 64] >> (slot % 64) & 1) != 0 && !holds_refs(slot);
  }
  // Slots are read from their first byte.
  bool may_read(uint64_t value, unsigned size) const {
    if (value % sizeof(Slot) != 0) return false;
    const uint64_t first = value / sizeof(Slot), end = first + (size + 7u) / 8;
    for (uint64_t slot = first; slot < end; ++slot)
      if (!is_spill(slot) && !in_.reads(slot)) return false;
    return true;
  }
  // A tail call moves its own header behind the callee's parameters, if it is not there already, and then the
  // arguments, from the first on. Nothing else is written after the first move, and all of them are done before the
  // jump.
  bool moves(const Check& c, uint64_t slot, uint64_t source) {
    if (c.from != Check::kSlot || c.size != sizeof(Slot)) return false;
    const uint64_t from = in_.field<uint16_t>(0), params = in_.field<uint16_t>(2), own = in_.field<uint16_t>(4);
    moved_at_ = piece_->at;
    if (!header_moved() && moved_.arguments == 0 && params + runtime::kHeaderCallerSlots <= from) {
      // The two places may have one slot in common: it is read before it is written.
      const uint64_t word = params > own ? runtime::kHeaderCallerSlots - 1 - moved_.header : moved_.header;
      if (slot == params + word && source == own + word) return ++moved_.header, true;
    }
    if (!header_moved() || slot != moved_.arguments || slot >= params || source != from + slot) return false;
    return ++moved_.arguments, true;
  }
  bool header_moved() const {
    return in_.field<uint16_t>(2) == in_.field<uint16_t>(4) || moved_.header == runtime::kHeaderCallerSlots;
  }

  void write(const Check& c, uint64_t slot, uint64_t source) {
    if (tail_) {
      if (moves(c, slot, source)) return;
      if (moved_ != Moved()) return refuse("a tail call writes something else than its arguments");
    }
    if (holds_refs(slot)) {
      if (c.from == Check::kZero && piece_->at == 0) zeroed_.push_back(slot);
      if (c.size == sizeof(Slot)) std::erase(unset_, slot);
      if (!in_.may_write_ref(c, slot, source, subject_.function))
        return refuse("writes a reference that is not the instruction's");
    }
    if (!is_spill(slot) && !in_.writes(slot)) refuse("writes a slot that is not the instruction's");
  }
  // Locals that are references must be null at first.
  void check_zeroed() {
    if (piece_->at == 0) return;
    all_zeroed_ = true;
    const uint64_t first = field<uint16_t>(ir_.data(), 0), n = field<uint16_t>(ir_.data(), 2);
    if (by_handler_) return;
    for (uint64_t slot = first; slot < first + n; ++slot)
      if (holds_refs(slot) && std::find(zeroed_.begin(), zeroed_.end(), slot) == zeroed_.end())
        return refuse("a local that is a reference is not null at first");
  }

  // --- Conditions

  // Whether accesses by the memory's register need no check, and are to the instruction's memory.
  bool may_access() const { return state_.memory == memory_ && memories_.is_guarded(memory_); }

  // False: check() has to decide.
  [[gnu::always_inline]] bool holds(const KnownPiece::SmallCheck& c, const uint8_t* at) const {
    int32_t number;
    std::memcpy(&number, at + c.at, sizeof number);
    const auto value = static_cast<uint64_t>(int64_t{number} + c.plus);
    if (c.kind == Check::kMemory) return may_access() && value <= uint64_t{INT32_MAX};
    const uint64_t slot = value / sizeof(Slot);
    if (value % sizeof(Slot) != 0 || slot >= subject_.function.frame_slots) return false;
    if (tail_) return false;
    if (is_spill(slot)) return true;
    return c.kind == Check::kFrameRead ? in_.reads(slot) : !holds_refs(slot) && in_.writes(slot);
  }

  void check(const Check& c, const uint8_t* at, uint64_t execute) {
    const auto value = static_cast<uint64_t>(c.term.value(at, execute));
    const uint64_t frame = uint64_t{subject_.function.frame_slots} * sizeof(Slot);
    auto require = [&](bool holds, const char* why) {
      if (!holds) refuse(why);
    };
    switch (c.kind) {
      case Check::kFrameRead:
        if (value > frame || frame - value < c.size) return refuse("reads outside the frame");
        return require(may_read(value, c.size), "reads a slot that is not the instruction's");
      case Check::kFrameWrite:
        if (value > frame || frame - value < c.size) return refuse("writes outside the frame");
        if (value % sizeof(Slot) != 0) return refuse("writes between two slots");
        for (uint64_t slot = value / sizeof(Slot); slot < (value + c.size + 7) / sizeof(Slot); ++slot)
          write(c, slot, static_cast<uint64_t>(c.other.value(at, execute)) / sizeof(Slot));
        return;
      case Check::kHeaderWrite: {
        if (!in_.is_call()) return refuse("writes a callee's header where the register code does not call");
        const uint64_t header = in_.field<uint16_t>(0) + uint64_t{in_.field<uint16_t>(2)};
        return require(value == header * sizeof(Slot), "writes the callee's header at another place");
      }
      case Check::kContextRead:
        if (in_.is({IrOp::use_memory}))
          return require(c.size == sizeof(uint8_t*) && value == in_.field<uint32_t>(4) && memories_.is_base(value),
                         "another memory than the instruction's");
        [[fallthrough]];
      case Check::kContextWrite: return require(own_global(value, c.size), "another global than the instruction's");
      case Check::kGlobalsRead: {
        const uint64_t index = in_.global();
        return require(index < subject_.module.imported_globals && value == index * sizeof(Slot*),
                       "another imported global than the instruction's");
      }
      case Check::kFuncRefsRead: {
        const bool calls = in_.is({IrOp::call_import, IrOp::return_call_import});
        const uint64_t index = calls ? in_.field<uint32_t>(8) : ~uint64_t{0};
        return require(index < subject_.module.imported_functions && value == index * sizeof(runtime::FuncRef*),
                       "another imported function than the instruction's");
      }
      case Check::kTablesRead: {
        const bool calls = in_.is({IrOp::call_indirect_s, IrOp::call_indirect_r, IrOp::return_call_indirect});
        const uint64_t index = calls ? in_.field<uint32_t>(8) : ~uint64_t{0};
        return require(index < subject_.module.tables.size() && value == index * sizeof(runtime::TableView*),
                       "another table than the instruction's");
      }
      case Check::kMemory:
        return require(may_access() && value <= uint64_t{INT32_MAX},
                       "an offset from memory that is not within its reservation");
      case Check::kData: {
        const uint64_t offset = value - execute_, table = reinterpret_cast<uint64_t>(subject_.call_table.data());
        const bool in_data =
            offset >= code_.data_start && offset <= code_.bytes.size() && code_.bytes.size() - offset >= c.size;
        return require(in_data || (c.size == 8 && value - table < functions() * sizeof(void*)),
                       "reads outside the constants");
      }
      case Check::kShift:
        return require(in_.is_call() && value == in_.field<uint16_t>(0) * sizeof(Slot) && value <= frame &&
                           value >= runtime::kHeaderSlots * sizeof(Slot),
                       "a callee's frame at another place than the instruction's");
      case Check::kSame:
        return require(value == static_cast<uint64_t>(c.other.value(at, execute)),
                       "two constants that should be the same");
      case Check::kFrameSize: return require(value >= frame, "a check of less than the frame");
      case Check::kCallEntry: {
        if (!in_.is({IrOp::call, IrOp::return_call}))
          return refuse("calls a function where the register code does not");
        const auto index =
            static_cast<uint64_t>(reinterpret_cast<const runtime::FuncCode*>(in_.pc()[2]) - subject_.funcs);
        const uint64_t table = reinterpret_cast<uint64_t>(subject_.call_table.data());
        return require(index < functions() && value == table + index * sizeof(void*),
                       "another callee than the instruction's");
      }
      case Check::kCallByIndex: {
        const uint64_t table = reinterpret_cast<uint64_t>(subject_.call_table.data());
        return require(value == table - subject_.module.imported_functions * sizeof(void*),
                       "calls through another table of functions");
      }
      case Check::kCallPc:
        return require(value == reinterpret_cast<uint64_t>(in_.pc()), "another place than the instruction's");
      case Check::kCallType: return;
      case Check::kHostFrame: {
        if (!in_.is({IrOp::call_import})) return refuse("calls the host where the register code does not");
        const wasm::FuncType& type = subject_.module.func_type(in_.field<uint32_t>(8));
        const uint64_t begin = in_.field<uint16_t>(0) * sizeof(Slot);
        const uint64_t end = begin + std::max(type.param_slots, type.result_slots) * sizeof(Slot);
        return require(value == begin && static_cast<uint64_t>(c.other.value(at, execute)) == end && end <= frame,
                       "another frame for the host than the instruction's");
      }
      case Check::kRefSlot:
        return require((in_.is({IrOp::call_ref}) && value == in_.field<uint16_t>(8) * sizeof(Slot)) ||
                           (in_.is({IrOp::return_call_ref}) && value == in_.field<uint16_t>(6) * sizeof(Slot)),
                       "uses a slot as a reference that the instruction does not");
      case Check::kLabels: return labels(value, static_cast<uint64_t>(c.other.value(at, execute)), nullptr);
      case Check::kFuel:
        return require(in_.is({IrOp::fuel}) && value == in_.field<uint32_t>(4),
                       "takes another amount of fuel than the instruction");
    }
  }

  uint64_t functions() const { return subject_.module.functions.size() - subject_.module.imported_functions; }

  bool own_global(uint64_t value, unsigned size) const {
    const uint64_t index = in_.global(), imported = subject_.module.imported_globals;
    return index >= imported && index < subject_.module.globals.size() && size <= offsets::kGlobalCellSize &&
           value == offsets::kGlobalCells + offsets::kGlobalCellSize * (index - imported);
  }

  // A jump table at an address: `last` + 1 distances, all of them to labels. With a state: the state in which they are
  // entered.
  void labels(uint64_t address, uint64_t last, const KnownState* from) {
    const uint64_t offset = address - execute_;
    if (!in_.is({IrOp::br_table_s, IrOp::br_table_r}) || last != in_.field<uint32_t>(4))
      return refuse("jumps through a table of another size than the instruction's");
    if (offset < code_.data_start || offset > code_.bytes.size() || (code_.bytes.size() - offset) / 4 <= last)
      return refuse("a jump table lies outside the constants");
    for (uint64_t i = 0; i <= last && problem_.empty(); ++i) {
      int32_t distance;
      std::memcpy(&distance, code_.bytes.data() + offset + 4 * i, 4);
      const uint64_t to = address + static_cast<uint64_t>(int64_t{distance});
      if (from != nullptr) leave_to(*from, to);
      else if (label_of(to) == nullptr) refuse("a jump table leads to a place that is not a label");
    }
  }

  // The copy of the instruction at `address`, which its handler executes, followed by the address where execution
  // continues. Before it is the instruction's index, by which a trap in the handler is located.
  void handler(const KnownState& s, uint64_t address, uint32_t piece_end) {
    uint64_t word = 0;
    if (!word_at(address - 8, word)) return refuse("calls out to a handler outside the constants");
    if (word != piece_->at) return refuse("calls out in the name of another instruction");
    if (s.memory != memory_) return refuse("calls out with another memory than the instruction's");
    if (!word_at(address, word)) return refuse("calls out to a handler outside the constants");
    bool found = false;
    auto matches = [&](OpCode o, const runtime::Code* at, bool has_operands = true) {
      if (found || !v_.host_.handlers->has(o) || word != reinterpret_cast<uint64_t>((*v_.host_.handlers)[o])) return;
      const unsigned units = ir::units_of(o);
      const CodeInfo& info = ir::info_of(o);
      const bool branches = info.kind == CodeInfo::kIr && ir::object_op(info.ir).kind == ir::ObjectOp::kBranch;
      if (units == 0) return;
      for (unsigned i = 1; i < units && has_operands; ++i) {
        uint64_t operand, want = at[i];
        if (!word_at(address + 8 * i, operand)) return;
        if (branches && i == 1) {  // its target is the second unit after it
          const auto distance = static_cast<uint32_t>(units + 1);
          want = (want & 0xffffffff) | uint64_t{distance} << 32;
        }
        if (info.kind == CodeInfo::kIr && ir::has_callee_cell(info.ir) && i == 1 + ir::kCalleeCell / sizeof word)
          want |= uint64_t{ir::kManyCallees} << ir::kCalleeCell % sizeof word * 8;
        if (operand != want) return;
      }
      found = true;
      unset_.clear();
      // Execution does not continue after returns, tail calls and traps.
      if (info.kind == CodeInfo::kIr && (info.ir == IrOp::trap || info.ir == IrOp::ret_copy_n ||
                                         (info.ir >= IrOp::return_call && info.ir <= IrOp::return_call_ref)))
        return;
      const bool enters = o == ir::code_of(IrOp::enter);
      // A handler leaves its result in an accumulator.
      KnownState after{.own = v_.machine_.accumulators,
                       .memory = s.memory,
                       .checked = s.checked || enters,
                       .native = s.native || enters};
      for (unsigned i = 0; i < (branches ? 2u : 1u); ++i) {
        uint64_t next;
        if (!word_at(address + 8 * (units + i), next)) return refuse("a handler continues outside the constants");
        if (i == 0 && next == execute_ + piece_end) goes_on_ = after, by_handler_ |= o == ir::code_of(IrOp::enter);
        else leave_to(after, next);
      }
    };
    in_.each_part(matches);
    if (!found && in_.is({IrOp::enter_count})) matches(ir::code_of(IrOp::enter), in_.pc());
    if (!found && in_.is({IrOp::loop})) matches(ir::code_of(IrOp::poll), in_.pc(), false);
    if (!found && in_.is({IrOp::enter, IrOp::enter_count, IrOp::loop}))
      matches(ir::code_of(IrOp::sample), in_.pc(), false);
    if (!found) refuse("calls out to the handler of another instruction");
  }

  // Whether the calls of a piece are those of the instruction, if it calls.
  bool may_call(const Facts& f) {
    took_fuel_ |= f.fuels;
    if (f.calls && !state_.native) return refuse("the native stack is used before it is checked"), false;
    if (f.calls && state_.memory != 0) return refuse("calls with another memory than memory 0"), false;
    if (f.needs_ref == 0) return true;
    if ((f.needs_ref & ~state_.ref) != 0 || state_.ref_at != piece_->at)
      return refuse("calls a reference that is not shown to be what the instruction calls"), false;
    const bool tail_by_table = in_.is({IrOp::return_call_indirect});
    const bool by_table = tail_by_table || in_.is({IrOp::call_indirect_s, IrOp::call_indirect_r});
    constexpr uint8_t kTyped = Value::kOfTable | Value::kTyped;
    if (by_table && ((state_.ref & kTyped) != kTyped || state_.ref_type != in_.field<uint32_t>(tail_by_table ? 16 : 4)))
      return refuse("calls a function whose type is not shown to be the instruction's"), false;
    if (!by_table && !in_.is({IrOp::call_ref, IrOp::call_import, IrOp::return_call_ref, IrOp::return_call_import}))
      return refuse("calls where the register code does not"), false;
    return true;
  }

  void piece(const Piece& p, uint32_t size) {
    const KnownPiece& k = v_.known(code_, p, size, v_.once_);
    const Facts& f = k.facts;
    if (!k.is_straight && !f.refusal.empty())
      return refuse(base::format("{}, at offset {} of a piece", f.refusal, f.refused_at));
    const uint8_t* at = code_.bytes.data() + p.offset;
    const uint64_t execute = execute_ + p.offset;
    if (!all_zeroed_) check_zeroed();
    if (state_.unanswered && (k.is_straight || f.exits.size() != 1 || f.exits[0].kind != Exit::kTrap))
      return refuse("continues although the host function may have failed");
    if ((k.needs_narrow & ~state_.narrow) != 0)
      return refuse("an index into memory whose upper half is not known to be zero");
    if ((k.needs_own & ~state_.own) != 0) return refuse("reads a register that may hold what other code left there");
    if (p.at != 0 && !state_.checked) return refuse("the frame is used before it is checked");
    if (!k.is_straight && !may_call(f)) return;
    bool hold = true;
    for (unsigned i = 0; i < k.small_checks; ++i) hold &= holds(k.small[i], at);
    for (const Check& c : hold ? k.checks : f.checks) {
      check(c, at, execute);
      if (!problem_.empty()) return;
    }
    if (k.is_straight) {
      const KnownPiece::Way& way = k.straight;
      uint32_t narrow = way.narrow | (state_.narrow & way.keeps);
      RegisterSet own = way.own | (state_.own & way.keeps_own);
      for (auto [to, from] : way.moves)
        narrow |= (state_.narrow >> from & 1) << to, own |= (state_.own >> from & 1) << to;
      state_.narrow = narrow;
      state_.own = own;
      if (!(way.keeps >> v_.machine_.accumulator & 1)) state_.ref = 0, state_.ref_type = 0, state_.ref_at = 0;
      return;
    }
    if (moved_ != Moved() && (f.exits.size() != 1 || f.exits[0].kind != Exit::kTailCall))
      return refuse("leaves a tail call whose arguments have been moved in part");
    goes_on_.reset();
    bool on = false;
    KnownState next;
    for (size_t i = 0; i < f.exits.size(); ++i) {
      const Exit& e = f.exits[i];
      const KnownPiece::Way& way = k.ways[i];
      KnownState s{.narrow = way.narrow | (state_.narrow & way.keeps),
                   .own = way.own | (state_.own & way.keeps_own),
                   .memory = state_.memory,
                   .checked = state_.checked || e.frame_checked,
                   .native = state_.native || e.native_checked,
                   .unanswered = e.unanswered};
      for (auto [to, from] : way.moves)
        s.narrow |= (state_.narrow >> from & 1) << to, s.own |= (state_.own >> from & 1) << to;
      if (e.ref_facts != 0) {
        s.ref = e.ref_facts;
        s.ref_type = static_cast<uint64_t>(e.ref_type.value(at, execute));
        s.ref_at = p.at;
      } else if (way.keeps >> v_.machine_.accumulator & 1) {
        s.ref = state_.ref, s.ref_type = state_.ref_type, s.ref_at = state_.ref_at;
      }
      if (e.sets_memory) {
        s.memory = static_cast<uint32_t>(e.memory.value(at, execute));
        if (s.memory != 0 && !in_.is({IrOp::use_memory})) return refuse("changes the memory that is accessed");
      }
      const auto target = static_cast<uint64_t>(e.target.value(at, execute));
      switch (e.kind) {
        case Exit::kNext:
          next = on ? meet(next, s) : s;
          on = true;
          break;
        case Exit::kJump: leave_to(s, target); break;
        case Exit::kReturn:
          if (!in_.returns()) return refuse("returns where the register code does not");
          if (!unset_.empty() || !has_result(s.own)) return refuse("returns without a result");
          break;
        case Exit::kTailCall:
          if (!tail_) return refuse("a tail call where the register code has none");
          if (!state_.native) return refuse("the native stack is used before it is checked");
          if (s.memory != 0) return refuse("calls with another memory than memory 0");
          if (!header_moved() || moved_.arguments != in_.field<uint16_t>(2))
            return refuse("a tail call before its arguments have been moved");
          moved_ = {};
          break;
        case Exit::kHandler: handler(s, target, p.offset + size); break;
        case Exit::kTrap: {
          // Where the pc is another instruction's, the wrong handler could catch an exception.
          if (!in_line_ && !own_jumps_) return refuse("leaves for the trap of another instruction");
          const auto* const handler = in_.is({IrOp::call_import}) ? v_.host_.fail_handler : v_.host_.trap_handler;
          uint64_t to;
          const bool known = word_at(target, to) && to == reinterpret_cast<uint64_t>(handler);
          if (!known || static_cast<uint64_t>(e.pc.value(at, execute)) != reinterpret_cast<uint64_t>(in_.pc()))
            return refuse("leaves for a handler other than that of traps");
          break;
        }
        case Exit::kTable: {
          // Its size is checked where it is read.
          bool read = false;
          for (const Check& c : f.checks) {
            if (c.kind != Check::kLabels || !(c.term == e.target)) continue;
            labels(target, static_cast<uint64_t>(c.other.value(at, execute)), &s);
            read = true;
          }
          if (!read) refuse("jumps through a table that is not known");
          break;
        }
      }
      if (!problem_.empty()) return;
    }
    if (goes_on_) {
      next = on ? meet(next, *goes_on_) : *goes_on_;
      on = true;
    }
    state_ = next;
    reachable_ = on;
  }

  // Whether the result of a return is where its caller expects it: the bits of every type are in one integer register.
  bool has_result(RegisterSet own) const {
    return !in_.returns_result() || (own & (RegisterSet{1} << v_.machine_.result)) != 0;
  }

  static KnownState meet(const KnownState& a, const KnownState& b) {
    KnownState s{.narrow = a.narrow & b.narrow,
                 .own = a.own & b.own,
                 .memory = a.memory == b.memory ? a.memory : AccessedMemory::kMixed,
                 .checked = a.checked && b.checked,
                 .native = a.native && b.native};
    if (a.ref_type == b.ref_type && a.ref_at == b.ref_at)
      s.ref = a.ref & b.ref, s.ref_type = a.ref_type, s.ref_at = a.ref_at;
    return s;
  }

  Verifier& v_;
  const Code& code_;
  const Subject& subject_;
  const std::vector<runtime::Code>& ir_;
  const uint64_t execute_;
  const Piece* piece_ = nullptr;
  static constexpr uint32_t kStretch = 64;
  std::vector<uint32_t> first_labels_;
  std::vector<bool> unanswered_;  // by label: only a trap may follow
  std::vector<RegisterSet> own_;  // by label: registers that may be read, for the jumps to it so far
  AccessedMemory memories_;
  uint32_t memory_ = 0;  // that the current instruction accesses
  std::vector<Order> orders_;  // by label: the order of the jumps to it, later its own
  Order order_;  // of the current piece
  static constexpr uint32_t kNowhere = ~uint32_t{0}, kAnywhere = kNowhere - 1;
  std::vector<uint32_t> jumped_from_;  // by label: the instruction that jumps there, so far
  bool own_jumps_ = true;  // only the code of its own instruction jumps to the current piece, or to those before it
  bool in_line_ = true;
  bool reached_ = true;  // the previous piece, by code before it
  uint32_t in_line_next_ = 0;  // instructions from here on have no code yet
  Instruction in_;
  uint32_t taken_ = ~uint32_t{0};
  KnownState state_{};
  bool reachable_ = false;
  std::optional<KnownState> goes_on_;
  std::vector<uint64_t> zeroed_;  // slots, on entry
  bool all_zeroed_;  // the locals that are references are known to be null at first, or there are none
  std::vector<uint64_t> unset_;  // slots with references that the current instruction must still set
  bool by_handler_ = false;
  std::vector<uint32_t> fuel_;  // the instructions that take fuel
  size_t fuel_met_ = 0;
  bool took_fuel_ = false;
  // What the current tail call has moved.
  struct Moved {
    uint16_t header = 0, arguments = 0;  // slots
    bool operator==(const Moved&) const = default;
  };
  Moved moved_;
  uint32_t moved_at_ = 0;
  bool tail_ = false, ends_ = false;  // Instruction::is_tail_call(), ends()
  std::string problem_;
};

std::string Verifier::verify(const Code& code, const Subject& subject) {
  if (known_count_ > kMostKnown) known_.clear(), known_count_ = 0;
  return Pass(*this, code, subject).run();
}

}  // namespace ermine::verify
