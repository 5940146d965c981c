# Everything comes from Debian packages. Third-party headers are SYSTEM (imported targets), so our warnings stay ours.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C HL)
find_package(ZLIB REQUIRED)

find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(lx_xxhash INTERFACE)
target_include_directories(lx_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE})
target_link_libraries(lx_xxhash INTERFACE ${XXHASH_LIBRARY})

add_library(lx_hdf5 INTERFACE)
target_include_directories(lx_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(lx_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES})

add_library(lx_yaml INTERFACE)
if(TARGET yaml-cpp::yaml-cpp)
  target_link_libraries(lx_yaml INTERFACE yaml-cpp::yaml-cpp)
else()
  target_link_libraries(lx_yaml INTERFACE yaml-cpp)
endif()

# LibTorch: Debian's (CPU), or any other found through CMAKE_PREFIX_PATH (CUDA included). Its configuration talks about
# Caffe2, protobuf and more, none of which is used here.
set(log_level "${CMAKE_MESSAGE_LOG_LEVEL}")
set(CMAKE_MESSAGE_LOG_LEVEL NOTICE)
find_package(Torch REQUIRED)
set(CMAKE_MESSAGE_LOG_LEVEL "${log_level}")
message(STATUS "LibTorch ${Torch_VERSION}: ${TORCH_LIBRARY}")
add_library(lx_torch INTERFACE)
target_include_directories(lx_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(lx_torch INTERFACE ${TORCH_LIBRARIES})
separate_arguments(LX_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(lx_torch INTERFACE ${LX_TORCH_FLAGS})
find_package(OpenMP REQUIRED COMPONENTS CXX)
target_link_libraries(lx_torch INTERFACE OpenMP::OpenMP_CXX)

# Debian's LibTorch takes the libblas.so.3 that update-alternatives points at, often the reference one or the pthread
# OpenBLAS. Ours carries the folder of the OpenMP build: DT_RPATH (not RUNPATH) also serves the libraries of libraries.
set(openblas /usr/lib/${CMAKE_CXX_LIBRARY_ARCHITECTURE}/openblas-openmp)
if(NOT EXISTS ${openblas}/libblas.so.3)
  set(openblas "")
endif()
set(LX_BLAS_FOLDER "${openblas}" CACHE PATH "Folder of the libblas.so.3 to run with; empty for the system's choice")
if(LX_BLAS_FOLDER)
  target_link_options(lx_torch INTERFACE -Wl,--disable-new-dtags -Wl,-rpath,${LX_BLAS_FOLDER})
endif()

# For the fused kernels. oneDNN's own configuration demands OpenCL, for GPUs that we do not drive: its files are enough.
find_path(DNNL_INCLUDE oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(lx_dnnl INTERFACE)
target_include_directories(lx_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE})
target_link_libraries(lx_dnnl INTERFACE ${DNNL_LIBRARY})
find_path(XSMM_INCLUDE libxsmm.h REQUIRED)
find_library(XSMM_LIBRARY xsmm REQUIRED)
find_library(XSMM_BLAS NAMES libblas.so.3 blas HINTS ${LX_BLAS_FOLDER} REQUIRED)   # it wants one, and LibTorch has it anyway
add_library(lx_xsmm INTERFACE)
target_include_directories(lx_xsmm SYSTEM INTERFACE ${XSMM_INCLUDE})
target_link_libraries(lx_xsmm INTERFACE ${XSMM_LIBRARY} ${XSMM_BLAS} Threads::Threads ${CMAKE_DL_LIBS})
