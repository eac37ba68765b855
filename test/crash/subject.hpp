#pragma once

#include "test/crash/process.hpp"
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace crash {

/// What the checks after a round have found.
struct Findings {
    std::uint64_t lost = 0;       ///< orders, events or invoices that are missing
    std::uint64_t duplicated = 0; ///< those that are there more than once
    std::vector<std::string>
        complaints{}; ///< a sentence for each thing that is not as it should be

    [[nodiscard]] bool clean() const noexcept {
        return lost == 0 && duplicated == 0 && complaints.empty();
    }

    void complain(std::string sentence) { complaints.push_back(std::move(sentence)); }
};

/// Facts of a round that change what may be left.
struct Happened {
    /// A commit was made to fail, so its events may have been stored later, after others.
    bool commits_failed = false;
    bool newer_program = false; ///< the newer program was the last one that ran
};

/// A program that is killed. It has variants (input, options). The subject knows how to start it
/// and how to check that nothing was lost. A variant does the same work each time.
class Subject {
public:
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    virtual ~Subject() = default;

    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::uint64_t variants() const = 0;
    /// Creates the files that all rounds of all variants share, in the given folder.
    virtual void prepare(const std::filesystem::path& shared) = 0;
    /// The command whose files all lie in `folder`. If it is started again, it continues.
    [[nodiscard]] virtual Command command(std::uint64_t variant,
                                          const std::filesystem::path& folder) const = 0;

    /// The newer program for the same folder, in which agents have other names, if there is one.
    [[nodiscard]] virtual std::optional<Command>
    newer_command(std::uint64_t /*variant*/, const std::filesystem::path& /*folder*/) const {
        return std::nullopt;
    }

    /// The store that the program leaves in `folder`.
    [[nodiscard]] virtual std::filesystem::path
    store(const std::filesystem::path& folder) const = 0;

    /// How often the program may kill itself before it reaches its end.
    [[nodiscard]] virtual std::uint64_t deaths_of_its_own() const { return 0; }

    /// Whether the program may end with this exit code if a commit was made to fail.
    [[nodiscard]] virtual bool gave_up_on_store(int exit_code) const = 0;
    /// Compares what is in `folder` after the program has reached its end with what an undisturbed
    /// run of the same variant has left in `calm`.
    virtual Findings look(std::uint64_t variant, const std::filesystem::path& folder,
                          const std::filesystem::path& calm, Happened happened) const = 0;
};

} // namespace crash
