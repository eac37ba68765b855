# Runs `program` and compares what it prints with the file `expected`, where <uuid> and <time> stand for any.
execute_process(COMMAND "${program}" OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result)
file(READ "${expected}" wanted)

set(hex "[0-9a-f]")
string(REPEAT "${hex}" 4 four)
string(REGEX REPLACE "${four}${four}-${four}-${four}-${four}-${four}${four}${four}" "<uuid>" output "${output}")
string(REGEX REPLACE "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:.]+Z" "<time>" output "${output}")

if(NOT result EQUAL 0 OR NOT output STREQUAL wanted)
    message(FATAL_ERROR "${program} ended with ${result} and printed\n${output}${errors}\nwhere ${expected} says\n${wanted}")
endif()
