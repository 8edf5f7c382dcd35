# kernels/ and server/ are each one library with its unit tests, benchmarks and fuzzers standing
# beside the code they cover. Sources are told apart by name, so that a new one needs no line here.

# Sorts every .cc at or below the calling directory into the caller's variables
#   <prefix>_sources     the library
#   <prefix>_tests       *_test.cc
#   <prefix>_benchmarks  *_benchmark.cc
#   <prefix>_fuzzers     *_fuzz.cc
function(sort_sources prefix)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS LIST_DIRECTORIES false *.cc)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|benchmark|fuzz)\\.cc$")
  set(${prefix}_sources ${sources} PARENT_SCOPE)
  foreach(kind test benchmark fuzz)
    set(matching ${all})
    list(FILTER matching INCLUDE REGEX "_${kind}\\.cc$")
    set(${kind}s ${matching})
  endforeach()
  set(${prefix}_tests ${tests} PARENT_SCOPE)
  set(${prefix}_benchmarks ${benchmarks} PARENT_SCOPE)
  set(${prefix}_fuzzers ${fuzzs} PARENT_SCOPE)
endfunction()

# Under KERNELSERVE_COMPILE_IN_GROUPS, replaces the sources in the variable `sources` by fewer files
# that include them, <name>_<group>.cc: most of what a small source takes to compile is headers and
# templates that its neighbours need, too. Which group a source is in depends on its name alone, so
# that a new one has no other group compiled again; 4 groups are of some 14 sources each. The
# largest come first, as Ninja begins with these: what it ends with, other cores may wait for.
#
# Those in `ALONE` stay by themselves, and so do those that Highway has include themselves, once for
# each kind of processor. (One that becomes such a source does not compile until CMake has run.)
#
# CMake's own unity builds name sources by absolute paths, so that checkouts have nothing in common
# in ccache, and move sources from batch to batch when there is a new one.
function(compile_in_groups name sources)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "ALONE")
  if(NOT KERNELSERVE_COMPILE_IN_GROUPS)
    return()
  endif()
  set(files "")
  foreach(group RANGE 3)
    set(includes_${group} "")
    set(size_${group} 0)
  endforeach()
  foreach(source IN LISTS ${sources})
    file(RELATIVE_PATH path "${PROJECT_SOURCE_DIR}" "${source}")
    file(STRINGS "${source}" includes_itself REGEX "^#include \"hwy/foreach_target\\.h\"")
    if(includes_itself OR path IN_LIST arg_ALONE)
      list(APPEND files "${source}")
    else()
      string(MD5 hash "${path}")
      string(SUBSTRING "${hash}" 0 1 digit)
      math(EXPR group "0x${digit} % 4")
      string(APPEND includes_${group} "#include \"${path}\"\n")
      math(EXPR size_${group} "${size_${group}} + 1")
    endif()
  endforeach()
  set(sizes_and_groups "")
  foreach(group RANGE 3)
    list(APPEND sizes_and_groups "${size_${group}} ${group}")
  endforeach()
  list(SORT sizes_and_groups COMPARE NATURAL ORDER DESCENDING)
  foreach(size_and_group IN LISTS sizes_and_groups)
    string(REGEX REPLACE ".* " "" group "${size_and_group}")
    if(includes_${group})
      set(file "${CMAKE_CURRENT_BINARY_DIR}/${name}_${group}.cc")
      file(CONFIGURE OUTPUT "${file}" CONTENT "${includes_${group}}" @ONLY)
      list(APPEND files "${file}")
    endif()
  endforeach()
  set(${sources} "${files}" PARENT_SCOPE)
endfunction()

# One binary of all unit tests of a library. `SOURCES` may be empty: then there is none.
function(add_unit_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT KERNELSERVE_BUILD_TESTS OR NOT arg_SOURCES)
    return()
  endif()
  compile_in_groups(${name} arg_SOURCES)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  # Half of the time that a test takes to compile would go into optimizing its own checks.
  if(KERNELSERVE_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  endif()
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# Not part of `all`: `./dev bench` asks for it by name.
function(add_benchmarks name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT KERNELSERVE_BUILD_TESTS OR NOT arg_SOURCES)
    return()
  endif()
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    ${arg_LIBRARIES} benchmark::benchmark benchmark::benchmark_main)
endfunction()

# A target <stem>_fuzz for each <stem>_fuzz.cc. Findings and seeds are files in <stem>_corpus/
# beside it. Under KERNELSERVE_FUZZ it is linked with libFuzzer; else with a driver that runs
# the files and directories given as arguments, as the test of the same name does with the corpus.
function(add_fuzzers)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES;LIBRARIES")
  if(NOT KERNELSERVE_BUILD_TESTS)
    return()
  endif()
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "_fuzz\\.cc$" "_corpus" corpus "${source}")
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
    if(KERNELSERVE_FUZZ)
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
      target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/fuzz_replay.cc")
      add_test(NAME ${name} COMMAND ${name} "${corpus}")
    endif()
  endforeach()
endfunction()
