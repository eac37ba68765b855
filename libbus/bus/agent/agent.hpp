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

/// Where in the log an agent begins if the store does not know it yet. An agent that the store
/// knows continues where it was.
struct StartPosition {
    /// One kind for each function below.
    enum class Kind : std::uint8_t { beginning, now, after, replay };
    Kind kind = Kind::beginning; ///< which function made this
    /// For `after` and `replay`: the first event is the one after this position.
    Position position = 0;

    /// Handles all events of the log. This is the default.
    static StartPosition beginning() { return {}; }

    /// Handles only events that are stored after the agent was added.
    static StartPosition now() { return {Kind::now, 0}; }

    /// Handles all events after `position`.
    static StartPosition after(Position position) { return {Kind::after, position}; }

    /// Handles all events after `after`. Those that are in the log when the agent is added are
    /// handled as a replay, which builds only the agent's own state: see Context::replaying. Later
    /// events are handled as usual.
    static StartPosition replay(Position after = 0) { return {Kind::replay, after}; }
};

/// What happens to an event if the agent's mailbox is full. An agent on a store needs no such
/// choice: events that do not fit stay in the log.
enum class Overflow : std::uint8_t {
    /// A host's thread waits for room. A worker of the bus does not wait: it puts the event into
    /// the mailbox beyond its capacity. Both are counted.
    block,
    reject,      ///< this agent does not get the event, which is counted
    drop_oldest, ///< the oldest waiting event is dropped, and counted
};

/// A pool of threads for steps that would otherwise make other agents wait, for example because the
/// steps call a service and wait for its answer:
///
///     settings().pool = "mail";      // as many threads as the agent has workers
///     settings().pool = {"mail", 4}; // four
///
/// Agents that name the same pool share it, even those of other buses on the same runtime. The pool
/// has as many threads as the agent that asks for the most. A pool changes nothing on a runtime
/// that runs in the host's own loop or in virtual time, because such a runtime has no threads of
/// its own.
struct StepPool {
    StepPool() = default;

    /// A pool with this name and number of threads; 0: as many as the agent has workers.
    StepPool(std::string its_name, std::uint32_t its_threads = 0) // NOLINT: assigned as above
        : name{std::move(its_name)}, threads{its_threads} {}

    /// A pool with this name, and as many threads as the agent has workers.
    StepPool(const char* its_name) : name{its_name} {} // NOLINT: assigned as above

    std::string name{};        ///< empty: the pool of all agents that name none
    std::uint32_t threads = 0; ///< 0: as many as the agent has workers; at most 256
};

/// What happens to the later events of a sequence when one of its events becomes a dead letter.
/// Without a store no dead letter is kept, and the later events continue.
enum class OnDead : std::uint8_t {
    hold, ///< they are parked until the dead letter is discarded, or is redriven and finishes
    /// They continue as if the dead letter had finished. If the dead letter is redriven later, it
    /// runs out of its place in the sequence, and no event waits for it, even if it fails and is
    /// tried again.
    go_on,
};

/// How an agent runs. Set the members before the agent is added to a bus.
struct AgentSettings {
    StartPosition start{};         ///< where it begins if the store does not know it yet
    RetryPolicy retry{};           ///< when failed steps are tried again
    OnDead on_dead = OnDead::hold; ///< on a store: what happens to the events after a dead letter
    /// How many events the mailbox holds, at least 1. Without a store, as many events again may be
    /// deferred, and as many again parked.
    std::size_t mailbox_capacity = 1024;
    Overflow overflow = Overflow::block; ///< without a store: what happens if the mailbox is full
    std::uint32_t workers = 1;           ///< how many steps may run at the same time; 1 to 256
    Sequence sequence{}; ///< which events stay in order; by default those of each aggregate
    StepPool pool{};     ///< the threads that run the steps

    /// Throws std::invalid_argument if a member is out of range. The message names the agent and
    /// the member.
    void check(std::string_view agent) const;
};

/// A named object that reacts to events, one at a time. Derive from it, and declare in the
/// constructor which events it handles and what each handler emits:
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
/// The bus calls an agent from any thread, but never from two threads at a time, so its members
/// need no lock. If `settings().workers` is above 1, only the events of one sequence (by default
/// those of one aggregate) are handled one at a time. Handlers and on_given_up then run at the same
/// time for different sequences, and the members that they share need a lock. on_start and on_stop
/// never run at the same time as another function of the agent.
///
/// Data that must survive a crash belongs in the state (Context::set_state), not in members.
class Agent {
public:
    /// The function of a handler, as the agent stores it.
    using Handle = std::function<void(const DomainEvent&, Context&)>;

    /// A declared handler: the event type, the function, and the types that it may emit.
    struct Handler {
        const EventType* type; ///< the type of its events; events of derived types too
        Handle handle;         ///< what the bus calls
        std::vector<const EventType*> emits{}; ///< the types that it may emit
    };

    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;
    virtual ~Agent() = default;

    /// The name of the agent, which identifies it in the store. If a program gives an agent another
    /// name, the store takes it for a new agent, unless the constructor is given the former name.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// For the bus: the process in which the agent was made.
    [[nodiscard]] const detail::HomeProcess& home() const noexcept { return home_; }

    /// The names that the agent had before: see the constructor.
    [[nodiscard]] const std::vector<std::string>& former_names() const noexcept {
        return former_names_;
    }

    /// The handlers, in the order in which they were declared.
    [[nodiscard]] const std::vector<Handler>& handlers() const noexcept { return handlers_; }

    /// The types that on_given_up may publish.
    [[nodiscard]] const std::vector<const EventType*>& emits_when_given_up() const noexcept {
        return emits_when_given_up_;
    }

    /// The settings.
    [[nodiscard]] const AgentSettings& settings() const noexcept { return settings_; }

    /// The settings, to be changed before the agent is added to a bus.
    [[nodiscard]] AgentSettings& settings() noexcept { return settings_; }

    /// Returns the handler for events of this type: its own, or that of the nearest base that has
    /// one; nullptr if there is none.
    [[nodiscard]] const Handler* handler_for(const EventType& type) const noexcept;

    /// Called when the agent gives up on an event. What on_given_up publishes is committed together
    /// with the dead letter. It is not called for an event that the agent no longer handles.
    ///
    /// If the event cannot be read, `event` is a placeholder: it has the type, id, time, aggregate,
    /// execution, user and cause of the event, but default values in its members. Then
    /// Failure::unread() returns the stored form of the event.
    virtual void on_given_up(const DomainEvent& event, const Failure& failure, Context& context);

    /// Called once by Bus::add, before any event is delivered. If on_start throws, the agent is not
    /// added. Bus::add then throws std::runtime_error with the agent's name and the message; the
    /// exception of on_start is nested in it.
    virtual void on_start();

    /// Called once when the bus stops or the agent is removed, after the agent's last step has
    /// ended. If on_stop throws, the exception is reported to the observers' `trouble`.
    virtual void on_stop();

protected:
    /// An agent with this name. Throws std::invalid_argument if the name is empty or not UTF-8.
    explicit Agent(std::string name);

    /// For an agent that had other names: `Agent{"billing", bus::formerly("invoices")}`. If the
    /// store knows the agent by one of these names, Bus::add renames the agent in the store, and
    /// the agent keeps all its data.
    template <std::size_t Count>
    Agent(std::string name, const FormerNamesOption<Count>& former) : Agent{std::move(name)} {
        former_names_.assign(former.values.begin(), former.values.end());
    }

    /// What on() returns, to declare more about the handler.
    class Declaration {
    public:
        /// Called by on().
        Declaration(Agent& agent, std::size_t index) : agent_{agent}, index_{index} {}

        /// Declares what the handler may publish or schedule. If it publishes or schedules another
        /// type, the context throws std::logic_error, which names the agent and the type.
        template <class... Emitted>
        Declaration& emits() {
            if constexpr ((detail::check_published<Emitted>() && ...)) {
                (emits(event_type<Emitted>()), ...);
            }
            return *this;
        }

        /// The same, for a type that is known only at run time.
        Declaration& emits(const EventType& type);

    private:
        Agent& agent_;
        std::size_t index_;
    };

    /// Declares that `handle` handles events of type E and of types derived from E. `handle` is a
    /// callable, or a member function of the agent, that takes (const E&, Context&), (const E&,
    /// StepContext<Emitted...>&) or (const E&). A StepContext also declares the types that it
    /// names.
    ///
    /// Throws std::logic_error if E has a handler already, and std::invalid_argument if `handle` is
    /// null.
    template <class E, class F>
    Declaration on(F handle) {
        if constexpr (!detail::check_step_handler<E, F, Agent>()) {
            return {*this, 0}; // never reached: the check above does not compile
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

    /// The same for an overloaded member function: it selects the overload with these parameters.
    template <class E, class A>
    Declaration on(void (A::*handle)(const E&, Context&)) {
        return on<E, void (A::*)(const E&, Context&)>(handle);
    }

    /// The same with a StepContext.
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
