# Common properties of all tests, however ctest is started: machine code is verified before it runs, also in builds
# without assertions, and a bug that the engine itself detects fails the test, whatever its other results are.
include(GoogleTest)
set(verifies 1)
if(CMAKE_CROSSCOMPILING AND NOT EXISTS ${ERMINE_EMULATED_LIBRARIES}/libcapstone.so.4)
  message(STATUS "Tests run without the verifier of machine code: tools/unpack_packages fetches the library it needs")
  set(verifies 0)
endif()
# Optimised code can be verified on x86-64 only; elsewhere, tests that run it do without the verifier.
set(verifies_optimized ${verifies})
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(verifies_optimized 0)
endif()
set(ERMINE_TEST_PROPERTIES ENVIRONMENT ERMINE_VERIFY_CODE=${verifies} FAIL_REGULAR_EXPRESSION "bug of the engine")
set(ERMINE_OPTIMIZED_TEST_PROPERTIES ENVIRONMENT ERMINE_VERIFY_CODE=${verifies_optimized} FAIL_REGULAR_EXPRESSION "bug of the engine")

# Same arguments as add_test(NAME name COMMAND …).
function(ermine_add_test NAME name)
  add_test(NAME ${name} ${ARGN})
  if(name MATCHES "optimiz|^cli")
    set_tests_properties(${name} PROPERTIES ${ERMINE_OPTIMIZED_TEST_PROPERTIES})
  else()
    set_tests_properties(${name} PROPERTIES ${ERMINE_TEST_PROPERTIES})
  endif()
endfunction()

# Adds the tests of a GoogleTest binary. Its own sources are not optimised, unless OPTIMISED in a build without
# sanitizers: that would take longer than it saves when they run. ALL_TIERS: they run code of the optimising tier.
function(ermine_discover_tests target)
  cmake_parse_arguments(ARG "OPTIMISED;ALL_TIERS" "" "" ${ARGN})
  if(ERMINE_SANITIZE OR NOT ARG_OPTIMISED)
    ermine_precompile(${target} tests)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  if(ARG_ALL_TIERS)
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST PROPERTIES ${ERMINE_OPTIMIZED_TEST_PROPERTIES})
  else()
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST PROPERTIES ${ERMINE_TEST_PROPERTIES})
  endif()
endfunction()
