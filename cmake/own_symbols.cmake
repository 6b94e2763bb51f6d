# cmake -DNM= -DOBJCOPY= -DARCHIVE= -P own_symbols.cmake: gives an archive's copies of inline functions and templates names
# of their own.
#
# A linker keeps one copy of each such function of a program, the first that it meets. The engine's copies are compiled
# without exceptions and unwind tables: if a program got the engine's std::vector<int>::resize, an exception thrown in it
# would end the program instead of reaching a handler. With names that end in ".ermine", which demanglers show, neither the
# program nor the engine uses a copy of the other, and the objects of the archive still share theirs.
execute_process(COMMAND ${NM} --defined-only ${ARCHIVE} OUTPUT_VARIABLE symbols ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
# Weak functions, weak objects and unique objects with C++ names. (gdb finds the interface of machine code by its C names.)
string(REGEX MATCHALL "[0-9a-f]+ [WVu] _Z[^\n\r]+" symbols "${symbols}")
list(REMOVE_DUPLICATES symbols)
list(TRANSFORM symbols REPLACE "^[0-9a-f]+ [WVu] (.+)$" "\\1 \\1.ermine")
list(FILTER symbols EXCLUDE REGEX "\\.ermine ")
list(REMOVE_DUPLICATES symbols)
list(JOIN symbols "\n" symbols)
file(WRITE ${ARCHIVE}.symbols "${symbols}\n")
execute_process(COMMAND ${OBJCOPY} --redefine-syms=${ARCHIVE}.symbols ${ARCHIVE} COMMAND_ERROR_IS_FATAL ANY)
