// The functions of semantics.cc for garbage-collected objects and tables: the order of their table there. The first
// parameter of each is the instance's context.
#pragma once

namespace ermine::optimizing {

enum class ObjectFunction : unsigned {
  kGet,  // (object, offset): by ir::Access
  kSet = 8,  // (object, offset, value): by ir::Width, of which the last are references
  kLength = 13,  // (array)
  kMaskedIndex,  // (index, length): an index that is in bounds, also when that is only predicted
  kIsOld,  // (object): whether the collector must know of references that are stored in it
  kAllocate,  // (header, bytes): the object, or 0 if there is no space
  kHasType,  // (reference, flags, type, depth)
  kIsIn,  // (reference, set of shapes)
  kMakeI31,  // (value)
  kSignedI31,  // (reference)
  kUnsignedI31,  // (reference)
  kTableSize,  // (table)
  kTableGet,  // (table, index), which is less than the size
  kTableSet,  // (table, index, value)
  kCount
};

}  // namespace ermine::optimizing
