# Warnings and code generation for our own files.
include(CheckCXXCompilerFlag)

# AVX2 and FMA are assumed where the machine that builds has them: asking for more than it has would end in SIGILL.
set(LX_ARCH_DEFAULT "")
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND EXISTS /proc/cpuinfo)
  file(STRINGS /proc/cpuinfo cpu_flags REGEX "^flags" LIMIT_COUNT 1)
  if(cpu_flags MATCHES " avx2 " AND cpu_flags MATCHES " fma " AND cpu_flags MATCHES " bmi2 ")
    set(LX_ARCH_DEFAULT x86-64-v3)
  else()
    set(LX_ARCH_DEFAULT x86-64-v2)
  endif()
endif()
set(LX_ARCH "${LX_ARCH_DEFAULT}" CACHE STRING "Instruction set to compile for (-march); empty for the compiler's default")

# Loops in x.simd.cpp are also built for AVX-512 and chosen at run time (base/simd.h).
set(LX_SIMD_WIDE OFF)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND LX_ARCH)
  check_cxx_compiler_flag("-march=x86-64-v4" LX_SIMD_WIDE_FLAG)
  set(LX_SIMD_WIDE ${LX_SIMD_WIDE_FLAG})
endif()

add_library(lx_options INTERFACE)
target_compile_options(lx_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-unused-parameter -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  target_compile_options(lx_options INTERFACE -Wno-dangling-reference  # false alarms on registries and views,
                                              -Wno-array-bounds -Wno-stringop-overflow)  # and on LibTorch's vector<bool>
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(lx_options INTERFACE -Wno-restrict)  # false alarms on "text" + std::string (GCC bug 105329)
endif()
if(LX_WERROR)
  target_compile_options(lx_options INTERFACE -Werror)
endif()
if(LX_ARCH)
  target_compile_options(lx_options INTERFACE -march=${LX_ARCH})
endif()
if(LX_SANITIZE)
  target_compile_options(lx_options INTERFACE -fsanitize=${LX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(lx_options INTERFACE -fsanitize=${LX_SANITIZE})
endif()
target_include_directories(lx_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

# What the program was built from (src/base/build_info.h): the commit is looked up at every build, the rest is known now.
find_package(Git QUIET)
set(LX_BUILD_INFO_FOLDER ${PROJECT_BINARY_DIR}/generated)
add_custom_target(lx_build_info
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${LX_BUILD_INFO_FOLDER}/build_info.gen.h
          -DGIT=${GIT_EXECUTABLE} -P ${PROJECT_SOURCE_DIR}/cmake/build_info.cmake
  BYPRODUCTS ${LX_BUILD_INFO_FOLDER}/build_info.gen.h
  COMMENT "Looking up the commit" VERBATIM)
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(LX_FLAGS "${CMAKE_BUILD_TYPE} ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}")
if(LX_ARCH)
  string(APPEND LX_FLAGS " -march=${LX_ARCH}")
endif()
if(LX_SANITIZE)
  string(APPEND LX_FLAGS " -fsanitize=${LX_SANITIZE}")
endif()
string(REGEX REPLACE " +" " " LX_FLAGS "${LX_FLAGS}")
