#pragma once

/// Includes all of the test kit, libbus::testing.
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/testing/agent_test.hpp>
#include <bus/testing/compare.hpp>
#include <bus/testing/mismatch.hpp>
#include <bus/testing/recorder.hpp>
#include <bus/testing/world.hpp>
