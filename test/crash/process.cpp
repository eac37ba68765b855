#include "test/crash/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace crash {

namespace {

void check(int error, const std::string& what) {
    if (error != 0) {
        throw std::system_error{error, std::generic_category(), what};
    }
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (std::string& word : words) {
        result.push_back(word.data());
    }
    result.push_back(nullptr);
    return result;
}

bool is_plain(const std::string& word) {
    return !word.empty() &&
           word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-./:=,@") == std::string::npos;
}

} // namespace

std::string Command::text() const {
    std::string result;
    for (const std::string& word : words) {
        result += result.empty() ? "" : " ";
        result += is_plain(word) ? word : "'" + word + "'";
    }
    return in ? result + " <" + in->string() : result;
}

Process::Process(const Command& command, const std::vector<std::string>& variables,
                 const std::filesystem::path& folder) {
    std::vector<std::string> words = command.words;
    std::vector<std::string> environment = variables;
    for (char** each = environ; *each != nullptr; ++each) {
        environment.emplace_back(*each);
    }
    posix_spawn_file_actions_t files;
    check(posix_spawn_file_actions_init(&files), "posix_spawn_file_actions_init");
    const std::string in = command.in ? command.in->string() : "/dev/null";
    const std::string out = (folder / "out").string();
    const std::string err = (folder / "err").string();
    const int writing = O_WRONLY | O_CREAT | O_APPEND;
    check(posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0), in);
    check(posix_spawn_file_actions_addopen(&files, 1, out.c_str(), writing, 0600), out);
    check(posix_spawn_file_actions_addopen(&files, 2, err.c_str(), writing, 0600), err);
    const int error = posix_spawn(&process_, words.front().c_str(), &files, nullptr,
                                  pointers(words).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&files);
    check(error, words.front());
    watch_ = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
    if (watch_ < 0) {
        const int no_watch = errno;
        kill();
        check(no_watch, "pidfd_open");
    }
}

Process::~Process() {
    if (process_ > 0) {
        kill();
    }
    ::close(watch_);
}

std::optional<Ended> Process::wait_for(std::chrono::microseconds patience) {
    const timespec time{patience.count() / 1'000'000, patience.count() % 1'000'000 * 1'000};
    pollfd watched{watch_, POLLIN, 0};
    const int ready = ::ppoll(&watched, 1, &time, nullptr);
    if (ready < 0) {
        check(errno, "ppoll");
    }
    return ready > 0 ? std::optional{reap()} : std::nullopt;
}

Ended Process::kill() {
    ::kill(process_, SIGKILL);
    return reap();
}

Ended Process::reap() {
    int status = 0;
    if (::waitpid(process_, &status, 0) < 0) {
        check(errno, "waitpid");
    }
    process_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)};
}

Ended run(const Command& command, const std::vector<std::string>& variables,
          const std::filesystem::path& folder, std::chrono::seconds patience) {
    Process process{command, variables, folder};
    if (const auto ended = process.wait_for(patience)) {
        return *ended;
    }
    process.kill();
    return {-1};
}

} // namespace crash
