#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// A folder for a test, which is removed with the object.
class TemporaryFolder {
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return path_ / name;
    }

    /// Writes a file into it and returns its path.
    std::string file(std::string_view name, std::string_view content) const;

private:
    std::filesystem::path path_;
};

/// The output and the exit code of a program.
struct Finished {
    int exit_code = -1; ///< -N if signal N ended it
    std::string out;
    std::string err;
};

/// order_pipeline as a child process.
class OrderPipeline {
public:
    /// Starts it with these arguments. `input` is the path of a file for standard input; empty:
    /// none.
    explicit OrderPipeline(const std::vector<std::string>& arguments,
                           const std::string& input = {});
    OrderPipeline(const OrderPipeline&) = delete;
    OrderPipeline& operator=(const OrderPipeline&) = delete;
    ~OrderPipeline();

    void signal(int number) const;
    /// Waits for its end.
    Finished finish();

private:
    TemporaryFolder folder_;
    pid_t process_ = -1;
};

/// Runs it to its end.
Finished order_pipeline(const std::vector<std::string>& arguments, const std::string& input = {});

std::string read_file(const std::filesystem::path& path);

} // namespace test
