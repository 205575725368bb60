using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using static Rxelon.Client.Ledger.EventFields;

namespace Rxelon.Client.Ledger;

/// <summary>What a verified receipt's entries have to be besides being in the log: about their subject, without gaps, readable.</summary>
internal static class EntryChecks
{
    /// <summary>No event of another task or another account is passed off as the subject's.</summary>
    internal static ReceiptCheck Subject(string subject, TaskId? about, IReadOnlyList<ReceiptEvent> events)
    {
        const string name = "subject";
        var owner = events.Select(e => e.Message).OfType<TaskSubmitted>().Select(e => Account(e.Owner)).FirstOrDefault()
            ?? (AccountId.TryParse(subject, out var account) ? account : null);
        foreach (var e in events)
        {
            var entity = e.Entry.Entity;
            var fits = TaskOf(entity) is { } task ? task == about
                : AccountOf(entity) is { } whose ? whose == owner && IsAbout(e, about)
                : NodeOf(entity) is not null;
            if (!fits)
                return new(name, CheckResult.Failed, $"Entry {e.Entry.Index} ({Harmless(entity)}) is not about {Harmless(subject)}.");
        }

        return events.Count == 0
            ? new(name, CheckResult.Failed, "It has no entries and proves nothing.")
            : new(name, CheckResult.Ok, $"Every entry is about {Harmless(subject)}.");
    }

    /// <summary>The task's events are 1 to n, each after the one before it.</summary>
    internal static ReceiptCheck Completeness(TaskId? about, IReadOnlyList<ReceiptEvent> events)
    {
        const string name = "completeness";
        if (about is not { } task)
            return new(name, CheckResult.NotApplicable, "Only a task's receipt says that it has all events.");
        ulong next = 1;
        ulong? before = null;
        foreach (var e in events.Where(e => TaskOf(e.Entry.Entity) == task))
        {
            if (e.Entry.SequenceNr != next)
                return new(name, CheckResult.Failed, $"Event {next} of the task is missing.");
            if (next == 1 && e.Leaf.Previous != default)
                return new(name, CheckResult.Failed, "The task's first event names one before it.");
            if (before >= e.Entry.Index)
                return new(name, CheckResult.Failed, $"Event {next} of the task stands before the one it follows.");
            (before, next) = (e.Entry.Index, next + 1);
        }

        return next == 1
            ? new(name, CheckResult.Failed, "It has no event of the task itself.")
            : new(name, CheckResult.Ok, $"Events 1 to {next - 1} of the task, without a gap, each naming the one before it.");
    }

    /// <summary>Every event of a known kind can be read as that kind.</summary>
    internal static ReceiptCheck Content(IReadOnlyList<ReceiptEvent> events)
    {
        const string name = "content";
        if (events.FirstOrDefault(e => e.IsUnreadable) is { } broken)
            return new(name, CheckResult.Failed, $"Entry {broken.Entry.Index} is no {Harmless(broken.Entry.Manifest)}.");
        var unknown = events.Count(e => !e.IsKnown);
        return new(name, CheckResult.Ok, unknown == 0 ? "Every event can be read." : $"{unknown} events are of a kind this version does not know; the others can be read.");
    }

    // Of an account, a task's receipt has the money of this task.
    private static bool IsAbout(ReceiptEvent e, TaskId? about) => about is null || e.Message switch
    {
        FundsHeld m => Task(m.Task) == about,
        HoldChanged m => Task(m.Task) == about,
        HoldSettled m => Task(m.Task) == about,
        _ => true,
    };
}
