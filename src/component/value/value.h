// The values of component types: those of the public API.
#pragma once

#include "ermine/component/value.h"
