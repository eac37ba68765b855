#pragma once

#include "test/crash/subject.hpp"

#include <memory>

namespace crash {

/// order_pipeline on files: with books that sometimes fail and books that never do, from a file and
/// from standard input.
std::unique_ptr<Subject> pipeline_subject();

} // namespace crash
