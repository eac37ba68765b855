#include <bus/event/internal/parser_handler.hpp>
#include <bus/store/sqlite/verify/context.hpp>

#include <boost/json/basic_parser_impl.hpp>

namespace bus::sqlite {

void VerifyContext::add(Finding finding) {
    const std::uint64_t before = (finding.note ? report.notes : report.damage)[finding.kind]++;
    if (before < options.most_of_a_kind) {
        report.findings.push_back(std::move(finding));
    }
}

void VerifyContext::tell(std::string_view doing, std::uint64_t done, std::uint64_t total) const {
    constexpr std::uint64_t every = 4096;
    if (progress && done % every == 0) {
        progress({doing, done, total});
    }
}

void VerifyContext::run(std::string_view what, const std::function<void()>& check) {
    tell(what, 0, 0);
    try {
        check();
    } catch (const StoreDamaged& damaged) {
        add({.kind = FindingKind::page_damaged,
             .what = "while " + std::string{what} + ": " + damaged.what()});
    } catch (const ReadFailed& unreadable) {
        if (!failed_read_is_damage) {
            throw;
        }
        add({.kind = FindingKind::page_damaged,
             .what = "while " + std::string{what} +
                     ", and not for the first time: " + unreadable.what()});
    } catch (const StoreError& error) {
        if (!report.damage.contains(FindingKind::schema_changed)) {
            throw;
        }
        // The check asked for something that is not in this file any more.
        add({.kind = FindingKind::schema_changed,
             .what = "while " + std::string{what} + ": " + error.what()});
    }
}

std::string VerifyContext::agent_name(std::int64_t id) const {
    const auto found = names.find(id);
    return found != names.end() ? found->second : "number " + std::to_string(id);
}

namespace {

void add_later(const Statement::Run& run, int count, int later, Checksum& checksum) {
    bool used = false;
    for (int column = count + 1; column <= count + later; ++column) {
        used = used || !run.is_null(column);
    }
    for (int column = count + 1; used && column <= count + later; ++column) {
        run.add_to(checksum, column);
    }
}

} // namespace

std::int64_t row_checksum(const Statement::Run& run, int count, int later) {
    Checksum checksum;
    for (int column = 0; column < count; ++column) {
        run.add_to(checksum, column);
    }
    add_later(run, count, later, checksum);
    return checksum.value();
}

std::int64_t row_checksum_with(const Statement::Run& run, int count, int column, std::int64_t value,
                               int later) {
    Checksum checksum;
    for (int i = 0; i < count; ++i) {
        if (i == column) {
            checksum.add(value);
        } else {
            run.add_to(checksum, i);
        }
    }
    add_later(run, count, later, checksum);
    return checksum.value();
}

bool row_is_as_written(const Statement::Run& run, int count, int later) {
    return !run.is_null(count) && run.integer(count) == row_checksum(run, count, later);
}

std::string json_error(std::string_view text) {
    namespace json = boost::json;
    constexpr std::size_t deepest = 10'000;
    json::parse_options options;
    options.max_depth = deepest;
    json::basic_parser<bus::internal::ParserHandler> parser{options};
    boost::system::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (error) {
        return error.message() + " at byte " + std::to_string(read);
    }
    return read == text.size() ? std::string{}
                               : "there is more behind its end, at byte " + std::to_string(read);
}

} // namespace bus::sqlite
