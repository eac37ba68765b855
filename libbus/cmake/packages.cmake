# cpack -G DEB : the Debian packages libbus0.2 (shared libraries), libbus-dev and bus. For a build with LIBBUS_DEBIAN, which
# wants shared libraries below /usr; test/package/run makes one.
if(NOT BUILD_SHARED_LIBS)
    message(FATAL_ERROR "LIBBUS_DEBIAN packages shared libraries: configure with -DBUILD_SHARED_LIBS=ON too")
endif()

set(libbus_package "libbus${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(CPACK_PACKAGE_NAME libbus)
set(CPACK_PACKAGE_VENDOR libbus)
set(CPACK_PACKAGE_CONTACT "The libbus maintainers <maintainers@libbus.example>")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL Runtime Development Program)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}/libbus;${PROJECT_BINARY_DIR}/agents")
set(libbus_boost "${Boost_VERSION_MAJOR}.${Boost_VERSION_MINOR}") # the config package accepts no other
set(libbus_same_version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME "${libbus_package}")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "event bus for one process, with durable agents - libraries
A publish/subscribe bus that calls handlers at the cost of a few function
calls, and agents whose work survives a crash: what a step emits, its state
and its place in the log are committed together, to a SQLite file.

This package holds the shared libraries.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libbus-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${libbus_package} ${libbus_same_version}, libboost${libbus_boost}-dev, libboost-json${libbus_boost}-dev, libsqlite3-dev (>= 3.35)")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "event bus for one process, with durable agents - headers
A publish/subscribe bus that calls handlers at the cost of a few function
calls, and agents whose work survives a crash: what a step emits, its state
and its place in the log are committed together, to a SQLite file.

This package holds the headers, and what CMake and pkg-config need.")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME bus)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "${libbus_package} ${libbus_same_version}")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "command that looks into event stores of libbus
Shows what followed from what, lists dead letters and hands them to their
agents again, replays, exports and imports, prunes, and proves that a store
is whole.")

file(WRITE "${PROJECT_BINARY_DIR}/debian/triggers" "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA "${PROJECT_BINARY_DIR}/debian/triggers")

# What each package has to say of itself: its licence and its history.
set(libbus_debian "${PROJECT_BINARY_DIR}/debian")
file(MAKE_DIRECTORY "${libbus_debian}")
file(READ "${PROJECT_SOURCE_DIR}/LICENSE" license)
string(REGEX REPLACE "\n\n" "\n.\n" license "${license}")
string(REGEX REPLACE "\n([^\n])" "\n \\1" license "${license}")
file(WRITE "${libbus_debian}/copyright" "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: libbus

Files: *
Copyright: 2026 the libbus maintainers
License: BSL-1.0
 ${license}")
file(WRITE "${libbus_debian}/changelog" "libbus (${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Release ${PROJECT_VERSION}; what is new stands in CHANGELOG.md of the source.

 -- ${CPACK_PACKAGE_CONTACT}  Mon, 30 Nov 2026 12:00:00 +0000
")
execute_process(COMMAND gzip -9nc "${libbus_debian}/changelog" OUTPUT_FILE "${libbus_debian}/changelog.Debian.gz"
    COMMAND_ERROR_IS_FATAL ANY)
foreach(pair IN ITEMS "Runtime;${libbus_package}" "Development;libbus-dev" "Program;bus")
    list(GET pair 0 component)
    list(GET pair 1 package)
    install(FILES "${libbus_debian}/copyright" "${libbus_debian}/changelog.Debian.gz"
        DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/${package}" COMPONENT ${component})
endforeach()
include(CPack)
