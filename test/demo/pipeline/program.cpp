#include "program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace test {

namespace {

void check(int error, const char* what) {
    if (error != 0) {
        throw std::system_error{error, std::generic_category(), what};
    }
}

} // namespace

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "order_pipeline-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        check(errno, "mkdtemp");
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored; // a folder that stays is no reason to fail a test
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::file(std::string_view name, std::string_view content) const {
    const std::filesystem::path path = path_ / name;
    std::ofstream out{path, std::ios::binary};
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) {
        throw std::runtime_error{"cannot write " + path.string()};
    }
    return path.string();
}

OrderPipeline::OrderPipeline(const std::vector<std::string>& arguments, const std::string& input) {
    std::vector<std::string> words{ORDER_PIPELINE};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    check(posix_spawn_file_actions_init(&files), "posix_spawn_file_actions_init");
    const std::string from = input.empty() ? "/dev/null" : input;
    const std::string out = (folder_ / "out").string();
    const std::string err = (folder_ / "err").string();
    const int writing = O_WRONLY | O_CREAT | O_TRUNC;
    check(posix_spawn_file_actions_addopen(&files, 0, from.c_str(), O_RDONLY, 0), "stdin");
    check(posix_spawn_file_actions_addopen(&files, 1, out.c_str(), writing, 0600), "stdout");
    check(posix_spawn_file_actions_addopen(&files, 2, err.c_str(), writing, 0600), "stderr");
    const int error = posix_spawn(&process_, ORDER_PIPELINE, &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    check(error, "posix_spawn " ORDER_PIPELINE);
}

OrderPipeline::~OrderPipeline() {
    if (process_ > 0) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
}

void OrderPipeline::signal(int number) const {
    kill(process_, number);
}

Finished OrderPipeline::finish() {
    int status = 0;
    if (waitpid(process_, &status, 0) < 0) {
        check(errno, "waitpid");
    }
    process_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_file(folder_ / "out"),
            read_file(folder_ / "err")};
}

Finished order_pipeline(const std::vector<std::string>& arguments, const std::string& input) {
    return OrderPipeline{arguments, input}.finish();
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace test
