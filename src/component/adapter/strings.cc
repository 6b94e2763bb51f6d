// Strings (CanonicalABI.md, `load_string_from_range`, `store_string_into_range`). The transcoders do the work on text;
// the generated code checks lengths and pointers, and calls realloc with the sizes that the specification gives.
#include "component/adapter/builder.h"

namespace ermine::component::adapter {

namespace {

enum class Text : uint8_t { kUtf8, kUtf16, kLatin1 };

class StringMaker {
 public:
  StringMaker(Builder& builder, FunctionCode& code, const Options& from, const Options& to)
      : builder_(builder), code_(code), from_(from), to_(to), f_(from.pointer()), t_(to.pointer()) {}

  void make() {
    source_ = code_.param(0);
    tagged_ = code_.param(1);
    length_ = code_.local(wasm::kI32);
    target_ = code_.local(t_);
    written_ = code_.local(wasm::kI32);
    room_ = code_.local(wasm::kI32);
    progress_ = code_.local(wasm::kI64);
    if (from_.encoding != StringEncoding::kLatin1Utf16) {
      convert(from_.encoding == StringEncoding::kUtf8 ? Text::kUtf8 : Text::kUtf16);
      return;
    }
    code_.get(tagged_).constant(f_, 0).op(f_, Op::i32_lt_s, Op::i64_lt_s).if_();  // the tag is the sign
    code_.get(tagged_).constant(f_, tag(f_)).op(f_, Op::i32_xor, Op::i64_xor).set(tagged_);
    convert(Text::kUtf16);
    code_.op(Op::return_).end();
    convert(Text::kLatin1);
  }

 private:
  static int64_t tag(ValType type) { return type == wasm::kI64 ? INT64_MIN : INT32_MIN; }

  // Checks the source, and leaves the pointer and the length of the copy on the stack.
  void convert(Text text) {
    const uint32_t unit = text == Text::kUtf16 ? 2 : 1;
    const bool aligned = from_.encoding != StringEncoding::kUtf8;
    code_.get(source_).get(tagged_).i32(unit).i32(aligned ? 1 : 0);
    code_.call(builder_.source(from_, true)).op(Op::drop);
    code_.get(tagged_).convert(f_, wasm::kI32).set(length_);
    switch (to_.encoding) {
      case StringEncoding::kUtf8:
        if (text == Text::kUtf8) copy(Intrinsic::Utf8ToUtf8, 1, 1);
        else to_utf8(text);
        break;
      case StringEncoding::kUtf16:
        if (text == Text::kUtf8) to_utf16();
        else copy(text == Text::kUtf16 ? Intrinsic::Utf16ToUtf16 : Intrinsic::Latin1ToUtf16, 2, 2);
        break;
      case StringEncoding::kLatin1Utf16:
        if (text == Text::kLatin1) copy_latin1();
        else if (from_.encoding == StringEncoding::kLatin1Utf16) compact();
        else to_latin1(text);
        break;
    }
  }

  void push_size(Local units, uint32_t factor) {
    code_.get(units);
    if (factor != 1) code_.i32(factor).op(Op::i32_mul);
    code_.convert(wasm::kI32, t_);
  }
  // target = realloc(0, 0, alignment, factor * length)
  void allocate(uint32_t alignment, uint32_t factor) {
    code_.constant(t_, 0).constant(t_, 0).constant(t_, alignment);
    push_size(length_, factor);
    code_.call(builder_.allocate(to_)).set(target_);
  }
  // target = realloc(target, old, alignment, new)
  void reallocate(Local old, uint32_t old_factor, uint32_t alignment, Local now, uint32_t now_factor) {
    code_.get(target_);
    push_size(old, old_factor);
    code_.constant(t_, alignment);
    push_size(now, now_factor);
    code_.call(builder_.allocate(to_)).set(target_);
  }
  void transcode(Intrinsic intrinsic) { code_.call(builder_.transcoder(intrinsic, from_, to_)); }
  void push_result(Local units) { code_.get(target_).get(units).convert(wasm::kI32, t_); }
  void push_tagged(Local units) {
    push_result(units);
    code_.constant(t_, tag(t_)).op(t_, Op::i32_or, Op::i64_or);
  }
  void push_read() { code_.get(progress_).constant(wasm::kI64, 32).op(Op::i64_shr_u).op(Op::i32_wrap_i64); }
  void push_written() { code_.get(progress_).op(Op::i32_wrap_i64); }
  // The rest of the source, as a pointer and a length.
  void push_rest(uint32_t unit) {
    code_.get(source_);
    push_read();
    if (unit == 2) code_.i32(1).op(Op::i32_shl);
    code_.convert(wasm::kI32, f_).add(f_);
    code_.get(length_);
    push_read();
    code_.op(Op::i32_sub);
  }

  void copy(Intrinsic intrinsic, uint32_t alignment, uint32_t factor) {
    allocate(alignment, factor);
    code_.get(source_).get(length_).get(target_);
    transcode(intrinsic);
    push_result(length_);
  }

  void copy_latin1() {
    allocate(2, 1);
    const ValType size = f_ == wasm::kI64 && t_ == wasm::kI64 ? wasm::kI64 : wasm::kI32;
    code_.get(target_).get(source_).get(length_).convert(wasm::kI32, size);
    code_.memory_copy(to_.memory_index, from_.memory_index);
    push_result(length_);
  }

  // `store_string_to_utf8`: first the room that suffices for ASCII.
  void to_utf8(Text text) {
    const Intrinsic intrinsic = text == Text::kUtf16 ? Intrinsic::Utf16ToUtf8 : Intrinsic::Latin1ToUtf8;
    const uint32_t factor = text == Text::kUtf16 ? 3 : 2;
    allocate(1, 1);
    code_.get(source_).get(length_).get(target_).get(length_);
    transcode(intrinsic);
    code_.set(progress_);
    push_written();
    code_.set(written_);
    push_read();
    code_.get(length_).op(Op::i32_lt_u).if_();
    reallocate(length_, 1, 1, length_, factor);
    code_.get(length_).i32(factor).op(Op::i32_mul).set(room_);
    push_rest(text == Text::kUtf16 ? 2 : 1);
    code_.get(target_).get(written_).convert(wasm::kI32, t_).add(t_);
    code_.get(room_).get(written_).op(Op::i32_sub);
    transcode(intrinsic);
    code_.op(Op::i32_wrap_i64).get(written_).op(Op::i32_add).set(written_);
    code_.get(written_).get(room_).op(Op::i32_lt_u).if_();
    reallocate(room_, 1, 1, written_, 1);
    code_.end().end();
    push_result(written_);
  }

  // `store_utf8_to_utf16`
  void to_utf16() {
    allocate(2, 2);
    code_.get(source_).get(length_).get(target_);
    transcode(Intrinsic::Utf8ToUtf16);
    code_.tee(written_).get(length_).op(Op::i32_lt_u).if_();
    reallocate(length_, 2, 2, written_, 2);
    code_.end();
    push_result(written_);
  }

  // `store_string_to_latin1_or_utf16`
  void to_latin1(Text text) {
    allocate(2, 1);
    code_.get(source_).get(length_).get(target_);
    transcode(text == Text::kUtf8 ? Intrinsic::Utf8ToLatin1 : Intrinsic::Utf16ToLatin1);
    code_.set(progress_);
    push_written();
    code_.set(written_);
    push_read();
    code_.get(length_).op(Op::i32_lt_u).if_();
    reallocate(length_, 1, 2, length_, 2);
    code_.get(target_).get(written_);
    transcode(Intrinsic::WidenLatin1);
    push_rest(text == Text::kUtf8 ? 1 : 2);
    code_.get(target_).get(written_).i32(1).op(Op::i32_shl).convert(wasm::kI32, t_).add(t_);
    if (text == Text::kUtf8) {
      transcode(Intrinsic::Utf8ToUtf16);
    } else {
      transcode(Intrinsic::Utf16ToUtf16);
      code_.get(length_);
      push_read();
      code_.op(Op::i32_sub);
    }
    code_.get(written_).op(Op::i32_add).tee(written_).get(length_).op(Op::i32_lt_u).if_();
    reallocate(length_, 2, 2, written_, 2);
    code_.end();
    push_tagged(written_);
    code_.op(Op::return_).end();
    code_.get(written_).get(length_).op(Op::i32_lt_u).if_();
    reallocate(length_, 1, 2, written_, 1);
    code_.end();
    push_result(written_);
  }

  // `store_probably_utf16_to_latin1_or_utf16`
  void compact() {
    allocate(2, 2);
    code_.get(source_).get(length_).get(target_);
    transcode(Intrinsic::Utf16ToCompact);
    code_.if_();
    reallocate(length_, 2, 1, length_, 1);
    push_result(length_);
    code_.op(Op::return_).end();
    push_tagged(length_);
  }

  Builder& builder_;
  FunctionCode& code_;
  const Options& from_;
  const Options& to_;
  const ValType f_, t_;
  // Locals. Lengths and progress count code units, room_ counts bytes.
  Local source_, tagged_, length_, target_, written_, room_, progress_;
};

}  // namespace

void make_string(Builder& builder, FunctionCode& code, const Options& from, const Options& to) {
  StringMaker(builder, code, from, to).make();
}

}  // namespace ermine::component::adapter
