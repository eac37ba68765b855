#pragma once

#include <bus/agent/context.hpp>
#include <bus/agent/retry_policy.hpp>
#include <bus/agent/sequence.hpp>
#include <bus/agent/step_context.hpp>
#include <bus/agent/step_handler.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/runtime/home_process.hpp>
#include <bus/store/records.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

/// Where in the log an agent begins that the store does not know yet. One that it knows goes on
/// where it was.
struct StartPosition {
    enum class Kind : std::uint8_t { beginning, now, after, replay };
    Kind kind = Kind::beginning;
    Position position = 0;

    static StartPosition beginning() { return {}; }

    static StartPosition now() { return {Kind::now, 0}; }

    static StartPosition after(Position position) { return {Kind::after, position}; }

    /// Handles what is in the log by then, after a position, as a replay: only for the agent's own
    /// state, see Context::replaying. Later events are handled as usual.
    static StartPosition replay(Position after = 0) { return {Kind::replay, after}; }
};

/// What happens to an event for which a mailbox has no room. On a store there is always room: what
/// does not fit stays in the log.
enum class Overflow : std::uint8_t {
    block,       ///< a host's thread waits; a step exceeds the bound instead; both are counted
    reject,      ///< the event is not taken for this agent, and counted
    drop_oldest, ///< the oldest waiting event gives way, and is counted
};

/// Threads for the steps of agents that would keep others waiting, such as those that call a
/// service and wait for its answer:
///
///     settings().pool = "mail";      // as many threads as the agent has workers
///     settings().pool = {"mail", 4}; // four
///
/// Agents that name the same pool share it, also those of other buses on the same runtime; it has
/// as many threads as the agent that asks for most. A runtime that runs in the host's own loop, or
/// in virtual time, has no threads of its own: there a pool changes nothing.
struct StepPool {
    StepPool() = default;

    StepPool(std::string its_name, std::uint32_t its_threads = 0) // NOLINT: to be assigned as above
        : name{std::move(its_name)}, threads{its_threads} {}

    StepPool(const char* its_name) : name{its_name} {} // NOLINT: as above

    std::string name{};        ///< empty: the pool of all agents that name none
    std::uint32_t threads = 0; ///< 0: as many as the agent has workers; at most 256
};

/// What a dead letter does to the later events of its sequence. Without a store nothing is left of
/// a dead letter, and the later events follow.
enum class OnDead : std::uint8_t {
    hold, ///< they are parked behind it until it is redriven and finishes, or is discarded
    /// They go on as if it had finished. The dead letter has lost its place: if it is redriven, it
    /// runs in its own time, after the later events, and holds nothing up while it waits for
    /// another attempt.
    go_on,
};

struct AgentSettings {
    StartPosition start{};
    RetryPolicy retry{};
    OnDead on_dead = OnDead::hold;
    /// Events, at least 1. Without a store as many again may be deferred, and as many parked.
    std::size_t mailbox_capacity = 1024;
    Overflow overflow = Overflow::block;
    std::uint32_t workers = 1; ///< steps that may run at the same time; 1 to 256
    Sequence sequence{};       ///< what stays in order; by default each aggregate
    StepPool pool{};           ///< whose threads run the steps

    /// Throws std::invalid_argument, which names the agent and the member that is out of range.
    void check(std::string_view agent) const;
};

/// A named object that reacts to events, one at a time. Derive from it, and declare in the
/// constructor what it handles and what each handler emits:
///
///     class Greeter : public bus::Agent {
///     public:
///         Greeter() : Agent{"greeter"} {
///             on<UserCreatedEvent>(&Greeter::greet).emits<GreetingSentEvent>();
///         }
///     private:
///         void greet(const UserCreatedEvent& event, bus::Context& context) {
///             context.publish(GreetingSentEvent{{}, event.user_name});
///         }
///     };
///
/// The bus calls it from any thread, but never from two at a time, so members need no lock. With
/// `settings().workers` above 1 that holds for each sequence alone (by default the events of one
/// aggregate): handlers and on_given_up run at the same time for different sequences, and members
/// that these share need a lock. on_start and on_stop never run at the same time as other functions
/// of the agent. What must survive a crash belongs in the context's state, not in members.
class Agent {
public:
    using Handle = std::function<void(const DomainEvent&, Context&)>;

    /// One declared handler.
    struct Handler {
        const EventType* type;
        Handle handle;
        std::vector<const EventType*> emits{};
    };

    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;
    virtual ~Agent() = default;

    /// Identifies the agent in the store: a program that renames an agent has a new one, unless it
    /// says what the agent was called before.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// For the bus: where the agent was made.
    [[nodiscard]] const detail::HomeProcess& home() const noexcept { return home_; }

    /// What the agent was called before, see the constructor.
    [[nodiscard]] const std::vector<std::string>& former_names() const noexcept {
        return former_names_;
    }

    [[nodiscard]] const std::vector<Handler>& handlers() const noexcept { return handlers_; }

    /// What on_given_up may emit.
    [[nodiscard]] const std::vector<const EventType*>& emits_when_given_up() const noexcept {
        return emits_when_given_up_;
    }

    [[nodiscard]] const AgentSettings& settings() const noexcept { return settings_; }

    /// To be changed before the agent is added to a bus.
    [[nodiscard]] AgentSettings& settings() noexcept { return settings_; }

    /// The handler for an event of this type, the nearest base first; nullptr: none.
    [[nodiscard]] const Handler* handler_for(const EventType& type) const noexcept;

    /// Called when a step is given up; what it publishes commits with the dead letter. If the event
    /// cannot be read, `event` only stands for it: it has its type, id, time, aggregate, execution,
    /// user and cause, but its members have their defaults; Failure::unread() has what is kept of
    /// it. Not called for an event that the agent no longer handles.
    virtual void on_given_up(const DomainEvent& event, const Failure& failure, Context& context);

    /// Called once by Bus::add, before anything is delivered. If it throws, the agent is not added,
    /// and add throws std::runtime_error with the agent's name and the message (and the exception
    /// nested).
    virtual void on_start();

    /// Called once when the agent's last step has ended: the bus stops, or the agent is removed.
    /// What it throws is reported to the observers of `trouble`.
    virtual void on_stop();

protected:
    /// Throws std::invalid_argument if the name is empty or not UTF-8.
    explicit Agent(std::string name);

    /// `Agent{"billing", bus::formerly("invoices")}`: an agent that had other names. If the store
    /// has it under one of them, Bus::add renames it there, and it keeps all its data.
    template <std::size_t Count>
    Agent(std::string name, const FormerNamesOption<Count>& former) : Agent{std::move(name)} {
        former_names_.assign(former.values.begin(), former.values.end());
    }

    /// Continues the declaration of a handler.
    class Declaration {
    public:
        Declaration(Agent& agent, std::size_t index) : agent_{agent}, index_{index} {}

        /// What the handler may publish; anything else is an error that names agent and type.
        template <class... Emitted>
        Declaration& emits() {
            if constexpr ((detail::check_published<Emitted>() && ...)) {
                (emits(event_type<Emitted>()), ...);
            }
            return *this;
        }

        /// The same, for types that are known only at run time.
        Declaration& emits(const EventType& type);

    private:
        Agent& agent_;
        std::size_t index_;
    };

    /// Declares that events of type E go to `handle`: a callable, or a member function of the
    /// agent, that takes (const E&, Context&), (const E&, StepContext<Emitted...>&) or (const E&).
    /// A StepContext declares the types that it names. One handler per event type; throws
    /// std::logic_error for a second one.
    template <class E, class F>
    Declaration on(F handle) {
        if constexpr (!detail::check_step_handler<E, F, Agent>()) {
            return {*this, 0}; // never: that did not compile
        } else {
            using Self = typename detail::MemberOf<F>::Class;
            if (detail::is_null(handle)) {
                return add_handler(event_type<E>(), nullptr);
            }
            Declaration declaration = [&] {
                if constexpr (std::is_void_v<Self>) {
                    return add_handler(event_type<E>(), detail::step_handler<E>(std::move(handle)));
                } else {
                    return add_handler(event_type<E>(),
                                       detail::step_handler<E>(handle, static_cast<Self*>(this)));
                }
            }();
            detail::EmissionsOf<F>::declare(declaration);
            return declaration;
        }
    }

    /// The same, to choose among several member functions of one name.
    template <class E, class A>
    Declaration on(void (A::*handle)(const E&, Context&)) {
        return on<E, void (A::*)(const E&, Context&)>(handle);
    }

    template <class E, class A, class... Emitted>
    Declaration on(void (A::*handle)(const E&, StepContext<Emitted...>&)) {
        return on<E, void (A::*)(const E&, StepContext<Emitted...>&)>(handle);
    }

    /// The same for a type that is known only at run time.
    Declaration on(const EventType& type, Handle handle) {
        return add_handler(type, std::move(handle));
    }

    /// Declares what on_given_up may publish.
    template <class... Emitted>
    void emits_on_giving_up() {
        if constexpr ((detail::check_published<Emitted>() && ...)) {
            (emits_on_giving_up(event_type<Emitted>()), ...);
        }
    }

    /// The same, for a type that is known only at run time.
    void emits_on_giving_up(const EventType& type);

private:
    Declaration add_handler(const EventType& type, Handle handle);

    detail::HomeProcess home_;
    std::string name_;
    std::vector<std::string> former_names_;
    std::vector<Handler> handlers_;
    std::vector<const EventType*> emits_when_given_up_;
    AgentSettings settings_;
};

} // namespace bus
