#pragma once

#include <bus/event/uuid.hpp>

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

/// What a store throws.
namespace bus {

/// The store cannot do what it was asked to do, for example because the disk is full, or because
/// the file does not exist or is not a database. The message names the store, and says what failed
/// and what to do.
class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The content of the store's file is damaged. verify() reports the details.
class StoreDamaged : public StoreError {
public:
    using StoreError::StoreError;
};

/// A read from the disk failed. This does not mean that the file is damaged: the same read may
/// succeed the next time. verify() says whether the file is intact.
class ReadFailed : public StoreError {
public:
    using StoreError::StoreError;
};

/// The store's files are no longer those that were opened: another program has removed, moved,
/// replaced or overwritten them. The message says what happened, where the data is and what to do.
/// From then on every call fails with this error, and nothing is written, until the store is opened
/// again.
class StoreLost : public StoreError {
public:
    using StoreError::StoreError;
};

/// True if an exception is a StoreLost. `error` must not be null.
bool is_store_lost(const std::exception_ptr& error) noexcept;

/// Another process has the store open for writing. The message names that process.
class StoreInUse : public StoreError {
public:
    /// `owner`: the process that writes the store, for example `order_pipeline (process 4711)`.
    StoreInUse(const std::string& message, std::string owner)
        : StoreError{message}, owner_{std::move(owner)} {}

    /// The process that writes the store, as given to the constructor.
    [[nodiscard]] const std::string& owner() const noexcept { return owner_; }

private:
    std::string owner_;
};

/// A part was refused because of its content, for example because a text is too long. The store
/// will never take this part.
class PartRefused : public StoreError {
public:
    using StoreError::StoreError;
};

/// The stream has another version than the caller expected, for example because somebody else has
/// published to it since the caller read it. Nothing was appended.
class VersionConflict : public std::runtime_error {
public:
    /// `stream`: the stream's name, for the message.
    VersionConflict(const std::string& stream, std::uint64_t expected, std::uint64_t actual);

    /// The stream version that the caller expected.
    [[nodiscard]] std::uint64_t expected() const noexcept { return expected_; }

    /// The stream version that the store has.
    [[nodiscard]] std::uint64_t actual() const noexcept { return actual_; }

private:
    std::uint64_t expected_;
    std::uint64_t actual_;
};

/// Another event with the same event_id, but with other content, is already stored. Nothing was
/// appended.
class IdConflict : public std::runtime_error {
public:
    /// `event_id`: the id that is used twice.
    explicit IdConflict(const Uuid& event_id);
};

/// An earlier part of the same chain failed, so this part was not stored either.
class BrokenChain : public std::runtime_error {
public:
    /// `agent`: the agent's name, for the message.
    explicit BrokenChain(const std::string& agent);
};

/// The timer has already fired or was cancelled.
class TimerGone : public std::runtime_error {
public:
    /// `number`: the number of the timer.
    explicit TimerGone(std::uint64_t number);
};

/// Events cannot be pruned because an agent still needs them. The message names the agent.
class PruneRefused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace bus
