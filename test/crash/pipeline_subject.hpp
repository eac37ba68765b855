#pragma once

#include "test/crash/subject.hpp"

#include <memory>

namespace crash {

/// order_pipeline on files: with and without books that fail now and then, from a file and from
/// standard input.
std::unique_ptr<Subject> pipeline_subject();

} // namespace crash
