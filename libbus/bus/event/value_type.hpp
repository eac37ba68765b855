#pragma once

#include <bus/event/member_table.hpp>
#include <bus/event/value_description.hpp>
#include <bus/event/value_ops.hpp>

/// What the codec knows about the types that members of events may have: the description
/// (value_description.hpp), how it is made for each type (value_ops.hpp), and the tables of the
/// members of structs (member_table.hpp).
