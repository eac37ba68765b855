#include <bus/event/codec.hpp>
#include <bus/event/failure.hpp>
#include <bus/event/utf8.hpp>

#include <boost/describe/enum_to_string.hpp>

#include <utility>

namespace bus {

Failure::Failure(FailureKind kind, const std::string& message, std::optional<Timestamp> until,
                 std::optional<Duration> retry_after)
    : std::runtime_error{valid_utf8(message)},
      kind_{kind},
      until_{until},
      retry_after_{retry_after} {}

Failure Failure::transient(const std::string& message) {
    return Failure{FailureKind::transient, message};
}

Failure Failure::throttled(const std::string& message, Duration retry_after) {
    return Failure{FailureKind::throttled, message, std::nullopt, retry_after};
}

Failure Failure::not_ready(const std::string& message, Timestamp until) {
    return Failure{FailureKind::not_ready, message, until};
}

Failure Failure::not_ready(const std::string& message, Duration retry_after) {
    return Failure{FailureKind::not_ready, message, std::nullopt, retry_after};
}

Failure Failure::rejected(const std::string& message) {
    return Failure{FailureKind::rejected, message};
}

Failure Failure::poison(const std::string& message) {
    return Failure{FailureKind::poison, message};
}

Failure Failure::of_unread(std::shared_ptr<const EventRecord> record) const {
    Failure failure = *this;
    failure.unread_ = std::move(record);
    return failure;
}

Failure Failure::from(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const Failure& failure) {
        return failure;
    } catch (const CodecError& error) {
        return poison(error.what());
    } catch (const std::logic_error& error) {
        return poison(error.what());
    } catch (const std::exception& error) {
        return transient(error.what());
    } catch (...) {
        return poison("what was thrown is not a std::exception");
    }
}

const char* to_text(FailureKind kind) noexcept {
    return boost::describe::enum_to_string(kind, "unknown");
}

} // namespace bus
