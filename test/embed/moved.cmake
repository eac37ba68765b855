# cmake -Dsource=FOLDER -Dbuild=FOLDER -Dcompiler=PROGRAM -Dlauncher=PROGRAM -P moved.cmake : installs the bus alone with its
# headers in a folder of another name, moves the installation, and builds a program with it: with find_package, and with
# pkg-config. Then asks for a missing component, and with another Boost: the messages must name them.
function(run)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE printed ERROR_VARIABLE printed RESULT_VARIABLE code)
    if(code)
        message(FATAL_ERROR "'${ARGN}' failed:\n${printed}")
    endif()
endfunction()

set(compiling -G Ninja "-DCMAKE_CXX_COMPILER=${compiler}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${launcher}" -DCMAKE_BUILD_TYPE=Debug
    -DCMAKE_CXX_FLAGS_DEBUG=-O0)
set(embed "${source}/test/embed")
set(moved "${build}/moved to")
file(REMOVE_RECURSE "${build}/installed" "${moved}" "${build}/user" "${build}/refused" "${build}/other")

run("${CMAKE_COMMAND}" -S "${source}" -B "${build}/libbus" ${compiling} -DCMAKE_UNITY_BUILD=ON
    -DCMAKE_INSTALL_INCLUDEDIR=headers -DCMAKE_INSTALL_LIBDIR=lib
    -DLIBBUS_BUILD_SQLITE=OFF -DLIBBUS_BUILD_AGENTS=OFF -DLIBBUS_BUILD_CLI=OFF -DLIBBUS_BUILD_DEMO=OFF
    -DLIBBUS_BUILD_TESTING_KIT=OFF -DLIBBUS_BUILD_TESTS=OFF -DLIBBUS_BUILD_EXAMPLES=OFF)
run("${CMAKE_COMMAND}" --build "${build}/libbus")
run("${CMAKE_COMMAND}" --install "${build}/libbus" --prefix "${build}/installed" --component Development)
file(RENAME "${build}/installed" "${moved}")

run("${CMAKE_COMMAND}" -S "${embed}/find_package" -B "${build}/user" ${compiling} "-DCMAKE_PREFIX_PATH=${moved}")
run("${CMAKE_COMMAND}" --build "${build}/user")
run("${build}/user/hello")

find_program(pkg_config pkg-config)
if(pkg_config)
    set(ENV{PKG_CONFIG_PATH} "${moved}/lib/pkgconfig")
    execute_process(COMMAND "${pkg_config}" --cflags --libs libbus OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run(${launcher} "${compiler}" -std=c++20 "${embed}/hello.cpp" -o "${build}/hello" ${flags})
    run("${build}/hello")
else()
    message(STATUS "no pkg-config here: libbus.pc was not tried")
endif()

execute_process(COMMAND "${CMAKE_COMMAND}" -S "${embed}/find_package" -B "${build}/refused" ${compiling}
    "-DCMAKE_PREFIX_PATH=${moved}" -DWITH_STORE=ON OUTPUT_QUIET ERROR_VARIABLE refusal RESULT_VARIABLE code)
string(REGEX REPLACE "[ \n]+" " " refusal "${refusal}")
if(NOT code OR NOT refusal MATCHES "installed without the component 'sqlite'; it has: bus")
    message(FATAL_ERROR "the component that is missing is not named:\n${refusal}")
endif()

# A program with a different Boost than the one with which libbus was built.
file(WRITE "${build}/other Boost/BoostConfig.cmake" "set(Boost_VERSION_STRING 1.99.0)
add_library(Boost::headers INTERFACE IMPORTED)
add_library(Boost::json INTERFACE IMPORTED)
set(Boost_json_FOUND TRUE)
")
file(WRITE "${build}/other Boost/BoostConfigVersion.cmake" "set(PACKAGE_VERSION 1.99.0)
set(PACKAGE_VERSION_COMPATIBLE TRUE)
")
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${embed}/find_package" -B "${build}/other" ${compiling}
    "-DCMAKE_PREFIX_PATH=${moved}" "-DBoost_DIR=${build}/other Boost" OUTPUT_QUIET ERROR_VARIABLE refusal RESULT_VARIABLE code)
string(REGEX REPLACE "[ \n]+" " " refusal "${refusal}")
if(NOT code OR NOT refusal MATCHES "was built with Boost 1[0-9.]+, and here is Boost 1.99.0")
    message(FATAL_ERROR "another Boost is not refused:\n${refusal}")
endif()
