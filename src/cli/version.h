// The text of `ermine --version`.
#pragma once

namespace ermine::cli {
void print_version();
}
