# <bus/bus.hpp> must include none of these, so that nobody pays for them: they are for the sources, and for the separate
# headers that need them (observers.hpp, upcast.hpp).
set(forbidden "/boost/json[./]" "/boost/signals2[./]" "/boost/asio[./]" "/sqlite3\\.h")

string(REPLACE "|" ";-I" includes "-I${includes}")

# The headers that `source` includes, one a line
function(headers_of result source)
    execute_process(COMMAND "${compiler}" -std=c++20 ${includes} -M "${source}"
        OUTPUT_VARIABLE rule ERROR_VARIABLE errors RESULT_VARIABLE code)
    if(code)
        message(FATAL_ERROR "${source} does not compile:\n${errors}")
    endif()
    string(REGEX REPLACE "[ \\\n]+" "\n" rule "${rule}")
    set(${result} "${rule}" PARENT_SCOPE)
endfunction()

headers_of(headers "${hello}")
if(NOT headers MATCHES "/bus/bus\\.hpp")
    message(FATAL_ERROR "${hello} does not include <bus/bus.hpp>: is the check still right?")
endif()
foreach(name IN LISTS forbidden)
    string(REGEX MATCH "[^\n]*${name}[^\n]*" found "${headers}")
    if(found)
        message(SEND_ERROR "behind <bus/bus.hpp> there is ${found}; see `${compiler} -H` for the way to it")
    endif()
endforeach()

# Make sure that the check can fail
headers_of(headers "${signals2}")
if(NOT headers MATCHES "/boost/signals2[./]")
    message(FATAL_ERROR "no Signals2 found behind ${signals2}: is the check still right?")
endif()
