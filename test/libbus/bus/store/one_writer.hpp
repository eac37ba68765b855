#pragma once

#include "test/libbus/bus/store/backends.hpp"
#include "test/support/child.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace test {

/// Another process that writes a store, with the name "the other", as long as this object lives.
/// Create it before this process opens the store, because it is forked.
class OtherWriter {
public:
    explicit OtherWriter(const std::filesystem::path& path, std::uint64_t event_number = 1) {
        BOOST_REQUIRE(::pipe(ready_.data()) == 0);
        BOOST_REQUIRE(::pipe(leave_.data()) == 0);
        child_.emplace([this, path, event_number] {
            ::close(leave_[1]);
            const auto store = bus::SqliteStore::open({.path = path, .program = "the other"});
            append(*store, event(event_number));
            const bool told = ::write(ready_[1], "!", 1) == 1;
            char none = 0;
            return std::string{told && ::read(leave_[0], &none, 1) == 0 ? "closed" : "not told"};
        });
        ::close(ready_[1]);
        ::close(leave_[0]);
        char told = 0;
        BOOST_REQUIRE(::read(ready_[0], &told, 1) == 1);
    }

    OtherWriter(const OtherWriter&) = delete;
    OtherWriter& operator=(const OtherWriter&) = delete;

    ~OtherWriter() {
        ::close(leave_[1]);
        BOOST_TEST(child_->wait() == "closed");
        ::close(ready_[0]);
    }

    /// The name that the message of a refusal must give it.
    [[nodiscard]] std::string name() const {
        return "the other (process " + std::to_string(child_->process()) + ")";
    }

private:
    std::array<int, 2> ready_{};
    std::array<int, 2> leave_{};
    std::optional<Child> child_;
};

/// A file system that root mounts, in which a file can have a second place.
class BindMount {
public:
    /// False: this user may not mount.
    [[nodiscard]] bool make(const std::filesystem::path& from, const std::filesystem::path& to);
    ~BindMount();

    BindMount() = default;
    BindMount(const BindMount&) = delete;
    BindMount& operator=(const BindMount&) = delete;

private:
    std::filesystem::path at_;
};

/// How the opening of a store for writing is refused: the message, and the owner that it names.
struct Refusal {
    std::string message;
    std::string owner;
};

inline Refusal refusal_at(const std::filesystem::path& path) {
    try {
        bus::SqliteStore::open({.path = path});
    } catch (const bus::StoreInUse& in_use) {
        return {in_use.what(), in_use.owner()};
    } catch (const bus::StoreError& error) {
        return {error.what(), ""};
    }
    return {"it was opened", ""};
}

/// Whether another process sees SQLite's lock that shows that the file is open. A process that
/// believes that it is the last one copies the log into the file, and removes it.
inline bool sqlite_has_its_lock(const std::filesystem::path& path) {
    const pid_t owner = ::getpid();
    return in_child([&] {
               struct flock shared {};

               shared.l_type = F_WRLCK;
               shared.l_whence = SEEK_SET;
               shared.l_start = 0x40000002;
               shared.l_len = 510;
               const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
               ::fcntl(file, F_GETLK, &shared);
               const bool held = shared.l_type == F_RDLCK && shared.l_pid == owner;
               return std::string{held ? "held" : "not held"};
           }) == "held";
}

} // namespace test
