#include <bus/store/sqlite/way_back.hpp>
#include <bus/store/verify.hpp>

#include <algorithm>
#include <array>

namespace bus {

namespace {

struct KindText {
    FindingKind kind;
    std::string_view name;
    std::string_view meaning;
    std::string_view advice;
};

constexpr std::string_view restore = "Keep a copy of the file. Go back to " LIBBUS_A_BACKUP ".";
constexpr std::string_view look_outside =
    "Nothing of libbus writes this. Find out who has changed the file; go back to " LIBBUS_A_BACKUP
    ".";

constexpr std::array texts{
    KindText{FindingKind::page_damaged, "page_damaged",
             "Pages of the file cannot be read or do not fit together: what stood there is lost.",
             "Look at the disk first. Go back to " LIBBUS_A_BACKUP ". " LIBBUS_SALVAGE "."},
    KindText{
        FindingKind::mixed_file, "mixed_file",
        "The file and the write-ahead log beside it are of different stores, or of different "
        "moments: what they give together was never committed.",
        "No program opens it. If a backup was copied over the file, `rm -f FILE-wal FILE-shm` "
        "leaves the backup; what only the log has is lost then. Else go back to " LIBBUS_A_BACKUP
        ". `bus export --salvage` saves the events of the file."},
    KindText{
        FindingKind::index_wrong, "index_wrong",
        "An index does not say what its table says: look-ups miss events, or doubles get in.",
        "Stop the host, run REINDEX in a copy with a SQLite shell, verify the copy and use it if "
        "that was all."},
    KindText{
        FindingKind::schema_changed, "schema_changed",
        "A table, index or view is not as libbus makes it, or one is there, or a trigger, that "
        "libbus does not make: the store's rules no longer hold.",
        "Nothing of libbus writes this. Find out who has changed the file, and what it did to "
        "the rows. What is too much can be dropped with a SQLite shell while no host runs; "
        "else go back to " LIBBUS_A_BACKUP "."},
    KindText{FindingKind::log_missing, "log_missing",
             "The store does not know where its log ends: it cannot be written.", restore},
    KindText{
        FindingKind::log_changed, "log_changed",
        "The row that says where the log ends and what must be there was changed: positions may "
        "be used twice, and missing rows are not noticed.",
        restore},
    KindText{
        FindingKind::last_position_wrong, "last_position_wrong",
        "The log ends elsewhere than the store says: the next events would take positions that "
        "are in use, or leave a gap.",
        "Go back to " LIBBUS_A_BACKUP "; no event is missing as far as this finding goes."},
    KindText{
        FindingKind::name_missing, "name_missing",
        "The number of an event type, aggregate type or agent has no name: what bears it cannot "
        "be read.",
        restore},
    KindText{FindingKind::name_changed, "name_changed",
             "An event type, aggregate type or agent is called other than when it was written: all "
             "that bears it is taken for something else.",
             restore},
    KindText{
        FindingKind::event_missing, "event_missing",
        "An event that was committed is not in the log, and was not pruned. Agents that have not "
        "come so far will never see it.",
        "Go back to a backup that has it (`bus restore`), or take it from an export; agents behind "
        "it must not "
        "run before."},
    KindText{FindingKind::event_changed, "event_changed",
             "An event does not say what was committed: one of its columns, or its checksum, was "
             "changed.",
             "Take the event from a backup; whoever has read it since may have acted on it."},
    KindText{
        FindingKind::event_moved, "event_moved",
        "An event stands at another position than it was committed at: agents see it too early, "
        "too late, twice or never.",
        "Go back to " LIBBUS_A_BACKUP ", or compare with it which one stands where."},
    KindText{FindingKind::event_doubled, "event_doubled",
             "The same event is in the log more than once: agents handle it that often.",
             "Go back to " LIBBUS_A_BACKUP ". The index that forbids this is gone or damaged."},
    KindText{
        FindingKind::event_beyond_end, "event_beyond_end",
        "An event stands outside of the log's positions: agents may never see it, and a commit "
        "will collide with it.",
        restore},
    KindText{
        FindingKind::event_invalid, "event_invalid",
        "An event cannot be decoded: agents that handle it will give it up.",
        "If its checksum is right it was written like this: find the program that did. Else take "
        "it from a backup."},
    KindText{
        FindingKind::stream_broken, "stream_broken",
        "The versions of a stream do not follow each other: an event of it is missing, moved or "
        "too many, and a writer with an expected version may be refused.",
        "See the findings about its events, which say more; go back to " LIBBUS_A_BACKUP "."},
    KindText{FindingKind::pruned_stream_changed, "pruned_stream_changed",
             "The last version of a pruned stream is wrong or missing: its next event would get a "
             "version that was used.",
             "Do not publish to that stream before the row is as in a backup."},
    KindText{FindingKind::cause_missing, "cause_missing",
             "The cause of these events was never stored (a transient event, or one of another "
             "store). `flow` shows them as first causes.",
             "Nothing, unless all of your events are stored."},
    KindText{FindingKind::agent_missing, "agent_missing",
             "An agent's row is gone, too many or of an earlier time: it would start afresh and "
             "handle everything again.",
             "Do not start its host; go back to " LIBBUS_A_BACKUP
             ". `forget` removes what is left of an agent "
             "that nobody needs."},
    KindText{
        FindingKind::agent_changed, "agent_changed",
        "What the store says of an agent (its counts, its note of what had begun, its start) is "
        "not what was committed.",
        restore},
    KindText{
        FindingKind::checkpoint_ahead, "checkpoint_ahead",
        "An agent's checkpoint is ahead of what it has done: the events between would never be "
        "handled.",
        "Stop the host; set the checkpoint back to what the finding says, or go back "
        "to " LIBBUS_A_BACKUP "."},
    KindText{
        FindingKind::checkpoint_behind, "checkpoint_behind",
        "An agent's checkpoint is behind what it has done: the events between would be handled "
        "again.",
        "Stop the host; set the checkpoint to what the finding says, or go back to " LIBBUS_A_BACKUP
        "."},
    KindText{
        FindingKind::range_missing, "range_missing",
        "There is a hole in what an agent has settled ahead of its checkpoint: those events would "
        "be handled again.",
        restore},
    KindText{FindingKind::range_added, "range_added",
             "A range says that an agent has settled events that it has not: they would never be "
             "handled.",
             restore},
    KindText{
        FindingKind::range_changed, "range_changed",
        "The ranges of what an agent has settled ahead of its checkpoint are not those that were "
        "written: events would be left out, or handled again.",
        restore},
    KindText{
        FindingKind::range_wrong, "range_wrong",
        "A range of settled events overlaps another one, lies below the checkpoint or goes beyond "
        "the log: it was not written by libbus.",
        restore},
    KindText{
        FindingKind::begun_note_wrong, "begun_note_wrong",
        "The note of what an agent had begun cannot be: after a crash, its suspects would not be "
        "found.",
        restore},
    KindText{
        FindingKind::conservation_broken, "conservation_broken",
        "What an agent was delivered is not what it has finished, discarded or holds: deliveries "
        "were lost or invented.",
        "Compare its deferred and dead ones with a backup; events of lost deliveries must be "
        "replayed into it."},
    KindText{
        FindingKind::delivery_changed, "delivery_changed",
        "A deferred, parked or dead delivery does not say what was committed: it may be attempted "
        "at a wrong time, too often, or out of order.",
        "Take the row from a backup, or discard and replay the event."},
    KindText{
        FindingKind::delivery_moved, "delivery_moved",
        "A delivery stands for another event than the one that was not finished: that one would "
        "never be handled.",
        "Set it back to the event that the finding names, or go back to " LIBBUS_A_BACKUP "."},
    KindText{FindingKind::delivery_invalid, "delivery_invalid",
             "A delivery cannot be read: its agent cannot start.", restore},
    KindText{FindingKind::delivery_without_event, "delivery_without_event",
             "The event of a delivery is not in the log: its agent stops when its turn comes.",
             "Take the event from a backup, or discard the delivery."},
    KindText{
        FindingKind::delivery_unsettled, "delivery_unsettled",
        "A delivery stands where its agent has not come to yet: the event would be handled twice.",
        "See the findings about the agent's checkpoint and ranges; go back to " LIBBUS_A_BACKUP
        "."},
    KindText{
        FindingKind::parked_without_blocker, "parked_without_blocker",
        "A parked delivery waits, and nothing is left for it to wait behind. As a note: its turn "
        "has come and its host will run it. As damage: the one in front was lost, and order is.",
        "As a note, nothing. Else find the one in front in a backup before the host runs."},
    KindText{
        FindingKind::state_changed, "state_changed",
        "What an agent keeps under a key is not what was committed.",
        "Take the row from a backup of the same moment, or replay the agent from the beginning."},
    KindText{FindingKind::state_missing, "state_missing",
             "Rows of an agent's state are gone: it would begin with nothing there.",
             "Go back to " LIBBUS_A_BACKUP ", or replay the agent from the beginning."},
    KindText{FindingKind::state_added, "state_added",
             "An agent has rows of state that it has not written.", look_outside},
    KindText{FindingKind::state_invalid, "state_invalid",
             "What an agent keeps under a key is no JSON: the agent cannot read it.",
             "If its checksum is right it was written like this. Else take it from a backup."},
    KindText{FindingKind::timer_changed, "timer_changed",
             "A timer does not say what was scheduled: another event, or another time.",
             "Take the row from a backup."},
    KindText{FindingKind::timer_missing, "timer_missing",
             "Timers are gone: their events would never be published.",
             "Compare with a backup and schedule them again."},
    KindText{FindingKind::timer_added, "timer_added",
             "There are timers that nobody has scheduled: their events would be published.",
             look_outside},
    KindText{FindingKind::timer_invalid, "timer_invalid", "A timer cannot fire as it is.",
             "Take the row from a backup, or cancel it."},
    KindText{
        FindingKind::request_changed, "request_changed",
        "A request of an operator does not say what was asked, or what came of it.",
        "If it is open, see that the host does not carry it out; as a trace it cannot be trusted."},
    KindText{
        FindingKind::request_missing, "request_missing",
        "Requests are gone: who asked for what, why and what came of it is not there any more, "
        "and an open one would never be carried out.",
        "Find out who has changed the file; take the rows from a backup."},
    KindText{FindingKind::request_added, "request_added",
             "There are requests that nobody has made: a host would carry them out.", look_outside},
    KindText{
        FindingKind::request_invalid, "request_invalid",
        "A request asks for something that this version does not know.",
        "Use a newer version if one wrote it. Else find out who did: a host answers it as one that "
        "it does not know, and does nothing."},
};

const KindText& text_of(FindingKind kind) noexcept {
    const auto* const found = std::find_if(
        texts.begin(), texts.end(), [kind](const KindText& text) { return text.kind == kind; });
    return found != texts.end() ? *found : texts.front();
}

} // namespace

std::string_view name_of(FindingKind kind) noexcept {
    return text_of(kind).name;
}

std::string_view meaning_of(FindingKind kind) noexcept {
    return text_of(kind).meaning;
}

std::string_view advice_on(FindingKind kind) noexcept {
    return text_of(kind).advice;
}

const std::vector<FindingKind>& all_finding_kinds() {
    static const std::vector<FindingKind> all = [] {
        std::vector<FindingKind> kinds;
        kinds.reserve(texts.size());
        for (const KindText& text : texts) {
            kinds.push_back(text.kind);
        }
        return kinds;
    }();
    return all;
}

} // namespace bus
