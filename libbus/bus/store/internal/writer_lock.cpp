#include <bus/store/event_store.hpp>
#include <bus/store/internal/writer_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace bus::internal {

namespace {

/// "order_pipeline (process 4711)", or what stands for it while the owner is just writing it.
std::string read_owner(int file) {
    std::array<char, 256> text{};
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    std::string owner{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    while (!owner.empty() && owner.back() == '\n') {
        owner.pop_back();
    }
    return owner.empty() ? "another process" : owner;
}

void write_owner(int file, const std::string& program) {
    const std::string owner = program + " (process " + std::to_string(::getpid()) + ")\n";
    // It only helps a message: a full disk must not keep an owner from its store.
    if (::ftruncate(file, 0) == 0) {
        [[maybe_unused]] const ssize_t written = ::pwrite(file, owner.data(), owner.size(), 0);
    }
}

} // namespace

WriterLock::WriterLock(const std::filesystem::path& store, const std::string& program) {
    const std::string path = store.string() + "-lock";
    const auto cannot = [&store, &path](int error) {
        return StoreError{"cannot open sqlite:" + store.string() + " for writing: its lock file " +
                          path + " cannot be used (" + std::strerror(error) +
                          "): allow this user to write there, or open the store read-only"};
    };
    // Closed on exec, so that no program started from here keeps the lock.
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) {
        throw cannot(errno);
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        const std::string owner = read_owner(file_);
        ::close(file_);
        if (error != EWOULDBLOCK) {
            throw cannot(error);
        }
        throw StoreInUse{"cannot open sqlite:" + store.string() + " for writing: " + owner +
                             " writes it, and a store has one writer: stop that one, or open the "
                             "store read-only",
                         owner};
    }
    write_owner(file_, program.empty() ? program_invocation_short_name : program);
}

WriterLock::~WriterLock() {
    [[maybe_unused]] const int emptied = ::ftruncate(file_, 0);
    ::close(file_);
}

} // namespace bus::internal
