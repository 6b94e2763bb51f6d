// All of the semantics. See value.h for the rules of all functions, signature.h for their signatures.
#pragma once

#include "semantics/atomic.h"
#include "semantics/convert.h"
#include "semantics/float.h"
#include "semantics/int.h"
#include "semantics/memory.h"
#include "semantics/relaxed.h"
#include "semantics/signature.h"
#include "semantics/simd_float.h"
#include "semantics/simd_int.h"
#include "semantics/simd_memory.h"
#include "semantics/wide.h"
