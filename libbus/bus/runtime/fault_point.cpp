#include <bus/runtime/fault_point.hpp>

#ifdef LIBBUS_FAULT_POINTS

#include <bus/runtime/internal/system.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

// The linker defines these two symbols for a section whose name is an identifier. They are weak,
// because a program may have no fault point.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's own names
extern "C" {
[[gnu::weak]] extern bus::faults::detail::Place __start_libbus_faults;
[[gnu::weak]] extern bus::faults::detail::Place __stop_libbus_faults;
}

// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace bus::faults {

namespace {

enum class Action : std::uint8_t { kill, fail, delay, set_clock };

std::atomic<std::chrono::seconds::rep> clock_ahead{0};

struct Rule {
    Action action = Action::kill;
    std::chrono::milliseconds delay{0};
    std::chrono::seconds step{0};
    std::optional<std::uint64_t> hit; ///< none: at every hit
};

/// All places with the same name.
struct Point {
    std::string name;
    bool can_fail = false;
    std::uint64_t hits = 0;
    std::vector<Rule> rules;
};

using Points = std::map<std::string, Point, std::less<>>;

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

[[noreturn]] void refuse(std::string_view rule, const std::string& why) {
    throw std::invalid_argument{
        "fault rule '" + std::string{rule} + "': " + why +
        "; write NAME=ACTION[@HIT], ACTION being kill, fail, delay:MS or set-clock:S"};
}

std::uint64_t number(std::string_view text, std::string_view rule) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        refuse(rule, "'" + std::string{text} + "' is no number");
    }
    return value;
}

Rule parse_action(std::string_view text, std::string_view whole) {
    Rule rule;
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
        rule.hit = number(text.substr(at + 1), whole);
        text = text.substr(0, at);
    }
    constexpr std::string_view delay = "delay:";
    constexpr std::string_view set_clock = "set-clock:";
    if (text == "kill") {
        rule.action = Action::kill;
    } else if (text == "fail") {
        rule.action = Action::fail;
    } else if (text.starts_with(delay)) {
        rule.action = Action::delay;
        rule.delay = std::chrono::milliseconds{number(text.substr(delay.size()), whole)};
    } else if (text.starts_with(set_clock)) {
        const std::string_view seconds = text.substr(set_clock.size());
        const bool back = seconds.starts_with('-');
        const std::chrono::seconds step{number(seconds.substr(back ? 1 : 0), whole)};
        rule.action = Action::set_clock;
        rule.step = back ? -step : step;
    } else {
        refuse(whole, "there is no action '" + std::string{text} + "'");
    }
    return rule;
}

void add_rule(Points& points, std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
        refuse(text, "it has no '='");
    }
    const auto found = points.find(trimmed(text.substr(0, equals)));
    if (found == points.end()) {
        refuse(text, "this program has no such point");
    }
    const Rule rule = parse_action(trimmed(text.substr(equals + 1)), text);
    if (rule.action == Action::fail && !found->second.can_fail) {
        refuse(text, "this point cannot fail");
    }
    found->second.rules.push_back(rule);
}

void add_rules(Points& points, std::string_view rules) {
    while (!rules.empty()) {
        const std::size_t comma = rules.find(',');
        if (const std::string_view rule = trimmed(rules.substr(0, comma)); !rule.empty()) {
            add_rule(points, rule);
        }
        rules = comma == std::string_view::npos ? std::string_view{} : rules.substr(comma + 1);
    }
}

/// Writes a line so that it is in the file even if the process dies right afterwards.
void tell(const std::string& line) {
    const char* path = std::getenv("LIBBUS_FAULTS_TOLD");
    if (path == nullptr) {
        return;
    }
    std::ofstream file{path, std::ios::app};
    if (!(file << line << std::flush)) {
        std::perror(path);
    }
}

class Registry {
public:
    Registry() {
        for (detail::Place* place = &__start_libbus_faults; place != &__stop_libbus_faults;
             ++place) {
            Point& point = points_[place->name];
            point.name = place->name;
            point.can_fail = point.can_fail || place->can_fail;
        }
        const char* rules = std::getenv("LIBBUS_FAULTS");
        try {
            add_rules(points_, rules != nullptr ? rules : "");
        } catch (const std::invalid_argument& error) {
            static_cast<void>(
                std::fputs((std::string{"LIBBUS_FAULTS: "} + error.what() + "\n").c_str(), stderr));
            std::_Exit(2);
        }
    }

    bool hit(detail::Place& place) {
        std::optional<Rule> rule;
        std::uint64_t hits = 0;
        {
            const std::lock_guard lock{mutex_};
            Point& point = point_of(place);
            hits = ++point.hits;
            for (const Rule& each : point.rules) {
                if (!each.hit || *each.hit == hits) {
                    rule = each;
                    break;
                }
            }
        }
        if (!rule) {
            return false;
        }
        switch (rule->action) {
        case Action::kill:
            tell(std::string{"killed "} + place.name + " " + std::to_string(hits) + "\n");
            internal::kill_process();
        case Action::delay: std::this_thread::sleep_for(rule->delay); break;
        case Action::set_clock: clock_ahead += rule->step.count(); break;
        case Action::fail: return true;
        }
        return false;
    }

    std::vector<PointStatus> status() {
        const std::lock_guard lock{mutex_};
        std::vector<PointStatus> result;
        for (const auto& [name, point] : points_) {
            result.push_back({name, point.can_fail, point.hits});
        }
        return result;
    }

    void choose(std::string_view rules) {
        const std::lock_guard lock{mutex_};
        Points chosen = points_;
        for (auto& [name, point] : chosen) {
            point.rules.clear();
        }
        add_rules(chosen, rules);
        for (auto& [name, point] : points_) {
            // The points stay, because places point at them.
            point.rules = std::move(chosen.at(name).rules);
            point.hits = 0;
        }
    }

private:
    Point& point_of(detail::Place& place) {
        void* known = place.point.load(std::memory_order_relaxed);
        if (known == nullptr) {
            known = &points_.at(place.name);
            place.point.store(known, std::memory_order_relaxed);
        }
        return *static_cast<Point*>(known);
    }

    std::mutex mutex_;
    Points points_;
};

/// Never destroyed: threads that outlive main() may still reach a fault point.
Registry& registry() {
    static auto* const instance = std::make_unique<Registry>().release();
    return *instance;
}

void tell_hits() {
    for (const PointStatus& point : registry().status()) {
        tell((point.can_fail ? "hits-or-fails " : "hits ") + point.name + " " +
             std::to_string(point.hits) + "\n");
    }
}

/// Runs before main(), so that a wrong rule ends the program before it does anything.
[[maybe_unused]] const bool set_up = [] {
    registry();
    return std::atexit(tell_hits) == 0;
}();

} // namespace

std::vector<PointStatus> points() {
    return registry().status();
}

void choose(std::string_view rules) {
    registry().choose(rules);
}

std::chrono::seconds wall_clock_ahead() noexcept {
    return std::chrono::seconds{clock_ahead};
}

bool detail::hit(Place& place) {
    return registry().hit(place);
}

} // namespace bus::faults

#endif
