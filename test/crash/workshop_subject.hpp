#pragma once

#include "test/crash/subject.hpp"

#include <memory>

namespace crash {

/// The workshop, which does what order_pipeline does not: dead letters, redrives, timers.
std::unique_ptr<Subject> workshop_subject();

/// The workshop with one deadly piece, another one in each variant: that one, and only that one, is
/// quarantined. Null where the store that we are built with keeps no notes of what was begun.
std::unique_ptr<Subject> quarantine_subject();

} // namespace crash
