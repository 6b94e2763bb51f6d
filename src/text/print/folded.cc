// Function bodies in folded form. See module_printer.h.
//
// Folding is a matter of syntax: "(op a b)" means a, b, op, whatever the types are. So a body is read once into a list
// of instructions; each gets the earlier ones that it takes as operands (contiguous before it, each giving exactly one
// value); and the list is printed from front to back, with a parenthesis opened where an operator's first operand
// begins. Operands that are not expressions stay before the operator. There is no recursion, so any depth is possible.

#include "text/print/module_printer.h"

namespace ermine::text {

using binary::Instr;
using binary::InstrReader;
using binary::Op;

namespace {

constexpr uint32_t kNone = ~0u;

struct Node {
  uint32_t offset;
  Op op;
  uint32_t start;             // first node of the expression that this one ends
  uint32_t first_open = kNone;  // the outermost expression that starts at this node, by its last node
  uint32_t next_open = kNone;   // the next one inside of it
};

// An unfinished expression or statement: it reaches from node `start` to node `last`.
struct Unit {
  uint32_t last;
  uint32_t start;
  uint32_t results;
};

struct Block {
  uint32_t node;      // of the block instruction
  size_t units;       // where its contents begin in the stack of units
  uint32_t start;     // first node of the whole: for an if, that of its condition
  uint32_t results;
};

}  // namespace

Result<void> ModulePrinter::folded_body(uint32_t begin, uint32_t end, uint32_t results) {
  std::vector<Node> nodes;
  std::vector<Unit> units;
  std::vector<Block> blocks;
  std::vector<LabelArity> labels;
  InstrReader reader(raw_.module, begin, end - begin);
  Instr instr;
  bool finished = false;
  // Takes up to `count` operands off the stack; returns the node at which the first of them starts.
  auto take = [&](uint32_t count, size_t bottom, uint32_t start) {
    for (; count > 0 && units.size() > bottom && units.back().results == 1; --count) {
      start = units.back().start;
      units.pop_back();
    }
    return start;
  };
  while (!finished && reader.next(instr)) {
    auto i = static_cast<uint32_t>(nodes.size());
    nodes.push_back({instr.offset, instr.op, i});
    size_t bottom = blocks.empty() ? 0 : blocks.back().units;
    if (wasm::opens_block(instr.op)) {
      LabelArity arity = block_arity(raw_, instr);
      Block block{i, 0, i, arity.results};
      if (instr.op == Op::if_) block.start = take(1, bottom, i);
      block.units = units.size();
      nodes[i].start = block.start;
      blocks.push_back(block);
      blocks_.push_back(instr.op);
      labels.push_back(arity);
    } else if (instr.op == Op::else_ || instr.op == Op::catch_ || instr.op == Op::catch_all) {
      ERMINE_TRY(nest(instr));
      units.resize(blocks.back().units);
    } else if (instr.op == Op::end || instr.op == Op::delegate) {
      if (instr.op == Op::delegate) ERMINE_TRY(nest(instr));
      if (blocks.empty()) {
        if (!reader.at_end()) return Error(ErrorKind::kMalformed, "junk after the function's end", reader.offset());
        nodes.pop_back();
        finished = true;
        break;
      }
      Block block = blocks.back();
      blocks.pop_back();
      blocks_.pop_back();
      labels.pop_back();
      units.resize(block.units);
      nodes[i].start = block.start;
      units.push_back({i, block.start, block.results});
    } else {
      Arity arity = arity_of(raw_, instr, labels, results);
      nodes[i].start = take(arity.pops, bottom, i);
      units.push_back({i, nodes[i].start, arity.pushes});
    }
  }
  if (reader.failed()) return reader.take_error();
  if (!finished) return binary::missing_end(raw_.module, end);

  // Expressions by where they start, outermost first: later ones enclose earlier ones.
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (wasm::opens_block(nodes[i].op) || nodes[i].op == Op::else_ || nodes[i].op == Op::catch_ ||
        nodes[i].op == Op::catch_all)
      continue;
    Node& start = nodes[nodes[i].start];
    nodes[i].next_open = start.first_open;
    start.first_open = i;
  }
  // Where a block begins, for its end.
  std::vector<uint32_t> begin_of(nodes.size(), kNone), blocks_before(nodes.size());
  {
    std::vector<uint32_t> open;
    uint32_t count = 0;
    for (uint32_t i = 0; i < nodes.size(); ++i) {
      blocks_before[i] = count;
      count += wasm::opens_block(nodes[i].op);
      if (wasm::opens_block(nodes[i].op)) open.push_back(i);
      if ((nodes[i].op == Op::end || nodes[i].op == Op::delegate) && !open.empty()) {
        begin_of[i] = open.back();
        open.pop_back();
      }
    }
  }

  constexpr size_t kMaxIndent = 80;
  size_t depth = 0;
  auto line = [&] { new_line(static_cast<unsigned>(std::min(4 + 2 * depth, kMaxIndent))); };
  uint32_t after = 0;
  auto show = [&](uint32_t node) {
    InstrReader again(raw_.module, nodes[node].offset, end - nodes[node].offset);
    again.next(instr);
    after = again.offset();
    if (options_.offsets) offset_comment(instr.offset);
    terms_.instruction(instr, after);
  };
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    for (uint32_t e = nodes[i].first_open; e != kNone; e = nodes[e].next_open) {
      line();
      // A block's expression is identified by its last node, its end, but its beginning is printed. Labels are numbered
      // in the order of the blocks in the code, in which the blocks of an if's condition precede it.
      uint32_t shown = begin_of[e] == kNone ? e : begin_of[e];
      if (!hints_.empty()) hint(nodes[shown].offset);
      out_ << '(';
      if (begin_of[e] != kNone) terms_.label_number = blocks_before[shown];
      show(shown);
      ++depth;
    }
    terms_.label_number = blocks_before[i];
    switch (nodes[i].op) {
      case Op::block:
      case Op::loop:
      case Op::try_table: enter(Instr{.op = nodes[i].op}); break;
      case Op::if_:
      case Op::try_:
        enter(Instr{.op = nodes[i].op});
        line();
        out_ << (nodes[i].op == Op::if_ ? "(then" : "(do");
        ++depth;
        break;
      case Op::else_:
      case Op::catch_:
      case Op::catch_all:
        --depth;
        out_ << ')';
        line();
        out_ << '(';
        show(i);
        ++depth;
        break;
      case Op::end: {
        Op opened = nodes[begin_of[i]].op;
        if (opened == Op::if_ || opened == Op::try_) {
          --depth;
          out_ << ')';
        }
        leave();
        --depth;
        out_ << ')';
        break;
      }
      case Op::delegate:
        --depth;
        out_ << ')';
        leave();
        line();
        out_ << '(';
        show(i);
        --depth;
        out_ << "))";
        break;
      default: --depth; out_ << ')';
    }
    if (!out_.maybe_flush()) return {};
  }
  return {};
}

}  // namespace ermine::text
