# Warnings and code generation for our own files.
add_library(lx_options INTERFACE)
target_compile_options(lx_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-unused-parameter)
if(LX_WERROR)
  target_compile_options(lx_options INTERFACE -Werror)
endif()
if(LX_ARCH AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(lx_options INTERFACE -march=${LX_ARCH})
endif()
if(LX_SANITIZE)
  target_compile_options(lx_options INTERFACE -fsanitize=${LX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(lx_options INTERFACE -fsanitize=${LX_SANITIZE})
endif()
target_include_directories(lx_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

# Commit and compiler, for the record of each run.
set(LX_BUILD_FLAGS "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${LX_ARCH}")
