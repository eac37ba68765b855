#include <bus/event/codec.hpp>
#include <bus/store/event_store.hpp>

#include <cli/agents_command.hpp>
#include <cli/backup_command.hpp>
#include <cli/compact_command.hpp>
#include <cli/completion_command.hpp>
#include <cli/dead_letters_command.hpp>
#include <cli/deliveries_command.hpp>
#include <cli/errors.hpp>
#include <cli/events_command.hpp>
#include <cli/export_command.hpp>
#include <cli/flow_command.hpp>
#include <cli/import_command.hpp>
#include <cli/program.hpp>
#include <cli/prune_command.hpp>
#include <cli/replay_command.hpp>
#include <cli/requests_command.hpp>
#include <cli/restore_command.hpp>
#include <cli/suggest.hpp>
#include <cli/verify_command.hpp>
#include <fmt/format.h>

#include <sstream>

namespace bus::cli {

namespace {

/// The text below the help of `bus` itself.
std::string footer() {
    std::string text = "Exit codes:";
    for (const auto& [code, meaning] : exit_code::meanings) {
        text += fmt::format("\n  {:<4}{}", code, meaning);
    }
    return text;
}

int complain(Shared& shared, const std::exception& error, int code) {
    shared.note(error.what());
    return code;
}

/// Runs `something`, and turns exceptions into a sentence and an exit code.
template <class Do>
int guarded(Shared& shared, Do something) {
    try {
        return something();
    } catch (const ReaderGone&) {
        return exit_code::done;
    } catch (const Interrupted&) {
        return exit_code::interrupted;
    } catch (const NotFound& error) {
        return complain(shared, error, exit_code::found);
    } catch (const UsageError& error) {
        return complain(shared, error, exit_code::usage);
    } catch (const InputError& error) {
        return complain(shared, error, exit_code::input);
    } catch (const OutputError& error) {
        return complain(shared, error, exit_code::output);
    } catch (const std::exception& error) {
        // An error of the store, or a codec error in its contents.
        return complain(shared, error, exit_code::store);
    }
}

int wrong_use(const CLI::App& app, const std::vector<std::string>& arguments,
              const CLI::ParseError& error, Shared& shared) {
    Console& console = shared.console();
    if (error.get_exit_code() != 0) {
        const std::string reason = explain(app, arguments);
        shared.note(reason.empty() ? error.what() : reason);
        const bool says_what = dynamic_cast<const CLI::ValidationError*>(&error) != nullptr;
        if (reason.empty() && !says_what) {
            shared.note(fmt::format("write it as `{}`", right_use(app, arguments)));
        }
        shared.note("see `bus --help`, and --help after any command");
        return exit_code::usage;
    }
    std::ostringstream out;
    std::ostringstream err;
    app.exit(error, out, err);
    console.out(out.str());
    console.flush();
    return exit_code::done;
}

} // namespace

void add_commands(CLI::App& app, Shared& shared) {
    app.require_subcommand(1);
    app.set_version_flag("-V,--version", "bus of libbus " LIBBUS_VERSION,
                         "Print the version and exit");
    app.fallthrough(); // must come first: commands inherit it when they are added
    shared.add_options(app);
    add_events(app, shared);
    add_flow(app, shared);
    add_agents(app, shared);
    add_dead_letters(app, shared);
    add_deliveries(app, shared);
    add_requests(app, shared);
    add_replay(app, shared);
    add_prune(app, shared);
    add_compact(app, shared);
    add_backup(app, shared);
    add_restore(app, shared);
    add_export(app, shared);
    add_import(app, shared);
    add_verify(app, shared);
    add_completion(app, shared);
    app.footer(footer());
}

int run(const std::vector<std::string>& arguments, Console& console) {
    CLI::App app{"Looks into a store of libbus, and clears up what went wrong.", "bus"};
    Shared shared{console};
    add_commands(app, shared);
    try {
        std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        return guarded(shared, [&] { return wrong_use(app, arguments, error, shared); });
    }
    return guarded(shared, [&] { return shared.run_chosen(); });
}

} // namespace bus::cli
