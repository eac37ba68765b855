#include <bus/store/verify.hpp>

#include <boost/json/array.hpp>
#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/text.hpp>
#include <cli/verify_command.hpp>
#include <cli/watching.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace bus::cli {

namespace {

using terminal::format_count;

using terminal::Colour;

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

std::string summary(const VerifyReport& report) {
    std::string text = counted(report.events, "event", "events");
    if (report.events != 0) {
        text += fmt::format(" (positions {} to {})", report.first_position, report.last_position);
    }
    text += fmt::format(", {}, {}, {}, {}, {}, {}", counted(report.streams, "stream", "streams"),
                        counted(report.agents, "agent", "agents"),
                        counted(report.deliveries, "unfinished delivery", "unfinished deliveries"),
                        counted(report.states, "row of state", "rows of state"),
                        counted(report.timers, "timer", "timers"),
                        counted(report.requests, "request", "requests"));
    if (report.pruned_through != 0) {
        text += fmt::format("; pruned up to {}", report.pruned_through);
    }
    if (report.unchecked_events != 0) {
        text += fmt::format("; {} written before there were checksums, and not checked by them",
                            counted(report.unchecked_events, "event was", "events were"));
    }
    text += report.generation == 0 ? "; a copy that was never opened for writing"
                                   : fmt::format("; generation {:x}", report.generation);
    return text;
}

boost::json::object to_json(const Finding& finding) {
    boost::json::object object{{"kind", name_of(finding.kind)},
                               {"note", finding.note},
                               {"what", terminal::printable(finding.what)}};
    object["position"] =
        finding.position ? boost::json::value(*finding.position) : boost::json::value(nullptr);
    object["agent"] = finding.agent.empty()
                          ? boost::json::value(nullptr)
                          : boost::json::value(terminal::printable(finding.agent));
    object["meaning"] = meaning_of(finding.kind);
    object["advice"] = advice_on(finding.kind);
    return object;
}

boost::json::object to_json(const VerifyReport& report) {
    boost::json::object damage;
    for (const auto& [kind, count] : report.damage) {
        damage[name_of(kind)] = count;
    }
    boost::json::object notes;
    for (const auto& [kind, count] : report.notes) {
        notes[name_of(kind)] = count;
    }
    boost::json::array findings;
    for (const Finding& finding : report.findings) {
        findings.push_back(to_json(finding));
    }
    return {{"store", report.store},
            {"clean", report.clean()},
            {"first_position", report.first_position},
            {"last_position", report.last_position},
            {"pruned_through", report.pruned_through},
            {"events", report.events},
            {"unchecked_events", report.unchecked_events},
            {"streams", report.streams},
            {"agents", report.agents},
            {"deliveries", report.deliveries},
            {"states", report.states},
            {"timers", report.timers},
            {"requests", report.requests},
            {"generation", fmt::format("{:x}", report.generation)},
            {"damage", std::move(damage)},
            {"notes", std::move(notes)},
            {"findings", std::move(findings)}};
}

/// The findings of one kind, what they mean and what to do.
std::string paragraph(FindingKind kind, bool note, const VerifyReport& report,
                      const terminal::Look& look) {
    std::string lines;
    std::uint64_t told = 0;
    for (const Finding& finding : report.findings) {
        if (finding.kind == kind && finding.note == note) {
            lines += fmt::format("  {}\n", terminal::printable(finding.what));
            ++told;
        }
    }
    const auto& counts = note ? report.notes : report.damage;
    const auto count = counts.find(kind);
    const std::uint64_t all = count == counts.end() ? 0 : count->second;
    if (all == 0) {
        return {};
    }
    std::string head = fmt::format("{} {}", note ? "note" : "DAMAGE", name_of(kind));
    if (all > 1) {
        head += fmt::format(", {} times", format_count(all));
    }
    if (all > told) {
        lines += fmt::format("  and {} more\n", format_count(all - told));
    }
    return fmt::format("{}\n{}  Meaning: {}\n  To do: {}\n\n",
                       terminal::paint(head, note ? Colour::yellow : Colour::red, look), lines,
                       meaning_of(kind), advice_on(kind));
}

/// The verdict, such as `3 damages, 12 notes`.
std::string verdict(const VerifyReport& report, const terminal::Look& look) {
    const auto sum = [](const std::map<FindingKind, std::uint64_t>& counts) {
        return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                               [](std::uint64_t all, const auto& one) { return all + one.second; });
    };
    std::string text =
        report.clean()
            ? terminal::paint("whole", Colour::green, look)
            : terminal::paint(counted(sum(report.damage), "damage", "damages"), Colour::red, look);
    if (!report.notes.empty()) {
        text += ", " +
                terminal::paint(counted(sum(report.notes), "note", "notes"), Colour::yellow, look);
    }
    return text;
}

/// Prints the verdict before and after the findings, which may fill more than a screen.
void print(Shared& shared, const VerifyReport& report) {
    const terminal::Look look = shared.look();
    const std::string head =
        fmt::format("{}: {}", terminal::printable(report.store), verdict(report, look));
    if (!report.findings.empty() || !report.damage.empty() || !report.notes.empty()) {
        shared.print(head + "\n\n");
    }
    for (const bool note : {false, true}) {
        for (const FindingKind kind : all_finding_kinds()) {
            shared.print(paragraph(kind, note, report, look));
        }
    }
    shared.print(fmt::format("{}. {}\n", head, summary(report)));
}

int verify_store(Shared& shared, std::size_t most) {
    const std::string path = shared.store_path();
    const VerifyReport report = [&] {
        Watching watching{shared};
        return verify({.path = path, .most_of_a_kind = most},
                      [&](const VerifyProgress& progress) { watching.see(progress); });
    }();
    if (shared.json()) {
        shared.print(to_json(report));
    } else {
        print(shared, report);
    }
    return report.clean() ? exit_code::done : exit_code::found;
}

} // namespace

void add_verify(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "verify", "Check that nothing in the store is missing or damaged, and report what is");
    const auto most = std::make_shared<std::size_t>(VerifyOptions{}.most_of_a_kind);
    command.add_option("--most", *most, "Findings and notes of each kind to report one by one")
        ->check(whole_number())
        ->type_name("N")
        ->capture_default_str();
    shared.on_parsed(command, [&shared, most] { return verify_store(shared, *most); });
}

} // namespace bus::cli
