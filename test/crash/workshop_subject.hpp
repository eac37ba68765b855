#pragma once

#include "test/crash/subject.hpp"

#include <memory>

namespace crash {

/// The workshop. It does what order_pipeline does not do: dead letters, redrives, timers.
std::unique_ptr<Subject> workshop_subject();

/// The workshop with one deadly piece, a different one in each variant. This piece is quarantined,
/// and no other one. Null if the store that this is built with keeps no begun notes.
std::unique_ptr<Subject> quarantine_subject();

} // namespace crash
