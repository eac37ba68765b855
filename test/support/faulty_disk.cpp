#include "test/support/faulty_disk.hpp"

#include "test/support/disk_image.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

namespace fs = std::filesystem;

struct FaultyDisk::State {
    FaultyDisk* disk = nullptr;
    std::string folder;
    sqlite3_vfs* real = nullptr;
    sqlite3_vfs vfs{};
    std::atomic<bool> off{false};
    std::atomic<std::uint64_t> changes{0};
    std::atomic<std::uint64_t> cut_at{0};  ///< 0: never
    std::atomic<std::uint64_t> fail_at{0}; ///< 0: never
    std::atomic<std::uint64_t> reads{0};
    std::atomic<std::uint64_t> fail_read_at{0}; ///< 0: never
    std::atomic<std::uint64_t> failed{0};
    DiskWorld world;
    std::mt19937_64 dice; ///< SQLite's
    std::string cut_where;
    std::mutex mutex; ///< of the images
    std::map<std::string, Image> images;

    /// The result of a change: SQLITE_OK if it happens, else the error. The change at which the
    /// power fails is refused, but recorded, because it may have been written.
    int refusal(int error, bool& noted, const char* what, const std::string& path) {
        noted = false;
        if (off) {
            return error;
        }
        switch (disk->fault.load()) {
        case DiskFault::full: ++failed; return SQLITE_FULL;
        case DiskFault::no_writes: ++failed; return error;
        case DiskFault::read_only: ++failed; return SQLITE_READONLY;
        case DiskFault::none:
        case DiskFault::no_reads: break;
        }
        const std::uint64_t number = ++changes;
        if (number == cut_at) {
            noted = true;
            off = true;
            cut_where = what + (" of " + fs::path{path}.filename().string());
            return error;
        }
        if (number == fail_at) {
            ++failed;
            return error;
        }
        noted = true;
        return SQLITE_OK;
    }

    void note(const std::string& path, Change change) {
        const std::lock_guard lock{mutex};
        images[path].pending.push_back(std::move(change));
    }
};

namespace {

/// An open file: our part, followed in the same memory by SQLite's own.
struct File {
    sqlite3_file base;
    FaultyDisk::State* state;
    const std::string* path; ///< the key of its image; null if calls are only passed on

    static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }

    const sqlite3_io_methods& methods() { return *real()->pMethods; }
};

int close_file(sqlite3_file* file) {
    File& f = File::of(file);
    if (f.path != nullptr) {
        const std::lock_guard lock{f.state->mutex};
        --f.state->images[*f.path].open;
    }
    return f.methods().xClose(f.real());
}

int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    File& f = File::of(file);
    if (f.path != nullptr && (f.state->disk->fault == DiskFault::no_reads ||
                              ++f.state->reads == f.state->fail_read_at)) {
        ++f.state->failed;
        return SQLITE_IOERR_READ;
    }
    return f.methods().xRead(f.real(), into, size, offset);
}

/// SQLITE_OK if the change may happen, and it is recorded; else the error.
int attempt(const File& f, int error, const char* what, Change change) {
    if (f.path == nullptr) {
        return SQLITE_OK;
    }
    bool noted = false;
    const int refused = f.state->refusal(error, noted, what, *f.path);
    if (noted) {
        f.state->note(*f.path, std::move(change));
    }
    return refused;
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    File& f = File::of(file);
    const auto* bytes = static_cast<const char*>(from);
    const int refused = attempt(f, SQLITE_IOERR_WRITE, "write",
                                {.kind = Change::Kind::write,
                                 .offset = static_cast<std::size_t>(offset),
                                 .bytes = Bytes(bytes, bytes + size)});
    return refused != SQLITE_OK ? refused : f.methods().xWrite(f.real(), from, size, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    File& f = File::of(file);
    const int refused = attempt(
        f, SQLITE_IOERR_TRUNCATE, "truncation",
        {.kind = Change::Kind::truncate, .offset = static_cast<std::size_t>(size), .bytes = {}});
    return refused != SQLITE_OK ? refused : f.methods().xTruncate(f.real(), size);
}

int sync_file(sqlite3_file* file, int flags) {
    File& f = File::of(file);
    if (f.path == nullptr) {
        return f.methods().xSync(f.real(), flags);
    }
    if (f.state->world.on_sync && !f.state->off) {
        f.state->world.on_sync(*f.path);
    }
    bool noted = false;
    if (const int refused = f.state->refusal(SQLITE_IOERR_FSYNC, noted, "sync", *f.path);
        refused != SQLITE_OK) {
        return refused;
    }
    const std::lock_guard lock{f.state->mutex};
    Image& image = f.state->images[*f.path];
    if (std::exchange(image.made_here, false)) {
        // The first sync of a new journal syncs its folder too (SQLite's unix VFS does so).
        for (auto& [path, each] : f.state->images) {
            each.sync_removal();
        }
    }
    image.sync();
    return SQLITE_OK;
}

/// Passes a call on to SQLite's own file.
template <auto method, class... Arguments>
auto pass_on(sqlite3_file* file, Arguments... arguments) {
    File& f = File::of(file);
    return (f.methods().*method)(f.real(), arguments...);
}

using Methods = sqlite3_io_methods;

// Version 2: with shared memory for WAL, but without memory mapping, by which SQLite would read
// past us.
constexpr Methods methods{2,
                          close_file,
                          read_file,
                          write_file,
                          truncate_file,
                          sync_file,
                          pass_on<&Methods::xFileSize, sqlite3_int64*>,
                          pass_on<&Methods::xLock, int>,
                          pass_on<&Methods::xUnlock, int>,
                          pass_on<&Methods::xCheckReservedLock, int*>,
                          pass_on<&Methods::xFileControl, int, void*>,
                          pass_on<&Methods::xSectorSize>,
                          pass_on<&Methods::xDeviceCharacteristics>,
                          pass_on<&Methods::xShmMap, int, int, int, void volatile**>,
                          pass_on<&Methods::xShmLock, int, int, int>,
                          pass_on<&Methods::xShmBarrier>,
                          pass_on<&Methods::xShmUnmap, int>,
                          nullptr,
                          nullptr};

FaultyDisk::State& state_of(sqlite3_vfs* vfs) {
    return *static_cast<FaultyDisk::State*>(vfs->pAppData);
}

bool is_ours(const FaultyDisk::State& state, const char* path) {
    return path != nullptr && std::string_view{path}.starts_with(state.folder);
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* got) {
    FaultyDisk::State& state = state_of(vfs);
    File& f = File::of(file);
    f.base.pMethods = nullptr;
    f.state = &state;
    f.path = nullptr;
    constexpr int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    const bool ours = is_ours(state, path) && (flags & kept) != 0;
    const bool existed = ours && fs::exists(path);
    if (ours && !existed && (state.off || state.disk->fault == DiskFault::read_only)) {
        return SQLITE_CANTOPEN;
    }
    const int code = state.real->xOpen(state.real, path, f.real(), flags, got);
    if (code != SQLITE_OK) {
        return code;
    }
    f.base.pMethods = &methods;
    if (ours) {
        const std::lock_guard lock{state.mutex};
        const auto [entry, added] = state.images.try_emplace(path);
        if (added && existed) {
            entry->second.exists = true;
            entry->second.safe = content(path);
        }
        entry->second.made_here = entry->second.made_here || !existed;
        ++entry->second.open;
        f.path = &entry->first;
    }
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    FaultyDisk::State& state = state_of(vfs);
    if (is_ours(state, path) && !std::string_view{path}.ends_with("-shm")) {
        bool noted = false;
        if (const int refused = state.refusal(SQLITE_IOERR_DELETE, noted, "removal", path);
            refused != SQLITE_OK) {
            return refused;
        }
        state.note(path, {.kind = Change::Kind::remove, .offset = 0, .bytes = {}});
        if (sync_folder != 0) {
            const std::lock_guard lock{state.mutex};
            state.images[path].sync_removal();
        }
    }
    return state.real->xDelete(state.real, path, 0);
}

// The rest is only passed on.
int access_file(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    sqlite3_vfs* real = state_of(vfs).real;
    return real->xAccess(real, path, flags, result);
}

int full_path(sqlite3_vfs* vfs, const char* path, int size, char* result) {
    sqlite3_vfs* real = state_of(vfs).real;
    return real->xFullPathname(real, path, size, result);
}

int random_bytes(sqlite3_vfs* vfs, int size, char* into) {
    std::mt19937_64& dice = state_of(vfs).dice;
    std::generate_n(into, size, [&] { return static_cast<char>(dice()); });
    return size;
}

int sleep(sqlite3_vfs* vfs, int microseconds) {
    if (const auto& sleeps = state_of(vfs).world.sleeps) {
        sleeps(std::chrono::microseconds{microseconds});
    }
    return microseconds;
}

} // namespace

FaultyDisk::FaultyDisk(const fs::path& folder) : state_{std::make_unique<State>()} {
    state_->disk = this;
    state_->folder = fs::weakly_canonical(folder).string() + "/";
    state_->real = sqlite3_vfs_find(nullptr);
    // What is not set here (time, randomness, sleeping, libraries) stays SQLite's own: these
    // functions do not use the object that they are called on.
    sqlite3_vfs& vfs = state_->vfs = *state_->real;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + state_->real->szOsFile;
    vfs.pNext = nullptr;
    vfs.zName = "faulty-disk";
    vfs.pAppData = state_.get();
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = access_file;
    vfs.xFullPathname = full_path;
    sqlite3_vfs_register(&vfs, 1);
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(&state_->vfs);
    sqlite3_vfs_register(state_->real, 1);
}

void FaultyDisk::cut() {
    state_->off = true;
}

void FaultyDisk::cut_at_change(std::uint64_t number) {
    state_->cut_at = state_->changes + number;
}

void FaultyDisk::fail_at_change(std::uint64_t number) {
    state_->fail_at = state_->changes + number;
}

void FaultyDisk::fail_at_read(std::uint64_t number) {
    state_->fail_read_at = state_->reads + number;
}

bool FaultyDisk::failing_soon() const noexcept {
    return state_->fail_at > state_->changes;
}

void FaultyDisk::forget_plans() {
    state_->cut_at = 0;
    state_->fail_at = 0;
    state_->fail_read_at = 0;
}

void FaultyDisk::simulate(DiskWorld world) {
    state_->dice.seed(world.seed);
    state_->vfs.xRandomness = random_bytes;
    sqlite3_randomness(0, nullptr); // drops the random state that SQLite took from the machine
    state_->vfs.xSleep = sleep;
    state_->world = std::move(world);
}

bool FaultyDisk::is_off() const noexcept {
    return state_->off;
}

void FaultyDisk::power_on(const PowerLoss& loss) {
    const std::lock_guard lock{state_->mutex};
    for (const auto& [path, image] : state_->images) {
        if (image.open > 0) {
            throw std::logic_error{"power_on: " + path + " is still open"};
        }
    }
    std::mt19937_64 dice{loss.seed};
    for (auto& [path, image] : state_->images) {
        arrive(image, loss, dice);
        write_back(path, image);
        fs::remove(path + "-shm"); // memory, which does not survive
    }
    state_->images.clear();
    forget_plans();
    state_->cut_where.clear();
    state_->off = false;
}

std::uint64_t FaultyDisk::changes() const noexcept {
    return state_->changes;
}

std::uint64_t FaultyDisk::unsynced() const {
    const std::lock_guard lock{state_->mutex};
    std::uint64_t count = 0;
    for (const auto& [path, image] : state_->images) {
        count += image.pending.size();
    }
    return count;
}

std::uint64_t FaultyDisk::failed() const noexcept {
    return state_->failed;
}

std::string FaultyDisk::cut_where() const {
    return state_->cut_where;
}

} // namespace test
