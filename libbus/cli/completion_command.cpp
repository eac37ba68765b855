#include <cli/command_tree.hpp>
#include <cli/completion_command.hpp>
#include <cli/errors.hpp>

#include <memory>
#include <string>

namespace bus::cli {

void add_completion(CLI::App& app, Shared& shared) {
    CLI::App& completion = *app.add_subcommand(
        "completion", "Print a script that completes this command line in a shell");
    const auto shell = std::make_shared<std::string>();
    completion
        .add_option("SHELL", *shell,
                    "The shell; load the script with: source <(bus completion bash)")
        ->required()
        ->check(CLI::IsMember({"bash"}));
    shared.on_parsed(completion, [&app, &shared, shell] {
        static_cast<void>(shell); // kept alive here, because the parser writes into it
        shared.print(bash_completion(app));
        return exit_code::done;
    });
    CLI::App& manual =
        *app.add_subcommand("man", "Print the manual page; read it with: bus man | man -l -");
    shared.on_parsed(manual, [&app, &shared] {
        shared.print(manual_page(app));
        return exit_code::done;
    });
}

} // namespace bus::cli
