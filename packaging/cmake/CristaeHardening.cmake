# Hardening of everything that is compiled here, for programs that open files from anywhere; tst_binaries checks it.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckPIESupported)

# Programs are position independent, so that their addresses differ from run to run. Their objects are compiled like those
# of libraries: with -fPIE for one and -fPIC for the other a precompiled header would fit only one kind.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported()
add_compile_options(-fPIC)

# Overwritten stack frames and jumps into the middle of functions end the program.
add_compile_options(-fstack-protector-strong)
check_cxx_compiler_flag(-fcf-protection CRISTAE_HAS_CF_PROTECTION) # x86 alone
if(CRISTAE_HAS_CF_PROTECTION)
    add_compile_options(-fcf-protection)
endif()

# The C library compares sizes of buffers where the optimiser knows them; level 3 also those known at run time. Sanitizers
# watch the same functions themselves.
check_cxx_source_compiles("
int main(int count, char** text) { return int(__builtin_dynamic_object_size(text[count - 1], 0)); }" CRISTAE_HAS_FORTIFY_3)
if(CMAKE_BUILD_TYPE MATCHES "Rel" AND NOT CRISTAE_SANITIZE)
    add_compile_options(-U_FORTIFY_SOURCE)
    if(CRISTAE_HAS_FORTIFY_3)
        add_compile_options(-D_FORTIFY_SOURCE=3)
    else()
        add_compile_options(-D_FORTIFY_SOURCE=2)
    endif()
endif()

# Tables of addresses are filled in at the start and are read-only from then on.
add_link_options(LINKER:-z,relro LINKER:-z,now)

# Build folder and installation have the same run paths, none but those that a target names. CMake would otherwise end those
# of the build folder in an empty element, which the loader takes for the current folder: a library that lies beside
# somebody's data would be run. Qt or others outside the system's folders: -DCMAKE_INSTALL_RPATH_USE_LINK_PATH=ON.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
