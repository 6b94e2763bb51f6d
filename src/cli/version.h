// What `ermine --version` says.
#pragma once

namespace ermine::cli {
void print_version();
}
