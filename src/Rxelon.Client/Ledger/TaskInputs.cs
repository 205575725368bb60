using Google.Protobuf;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;
using static Rxelon.Client.Ledger.EventFields;

namespace Rxelon.Client.Ledger;

/// <summary>
/// What each part of a task computed on, from the task's own events: the order, the parts that were added, and the results that were
/// accepted (docs/design/stages.md).
/// </summary>
internal sealed class TaskInputs
{
    private readonly TaskSubmitted? _order;
    private readonly List<PartOrigin> _origins = [];
    private readonly Dictionary<int, NeededResult> _results = [];
    private readonly Dictionary<ResultAttempt, NeededResult> _reported = [];

    private TaskInputs(TaskSubmitted? order)
    {
        _order = order;
        if (order is null)
            return;
        _origins.AddRange(Enumerable.Range(0, order.Parts.Count).Select(PartOrigin.Submitted));
        if (Spec(order.Spec) is { } spec && StagePlan.Of(spec, order.Parts.Count) is { IsOk: true, Value: var plan })
            _origins.AddRange(plan.AtSubmission());
    }

    internal static TaskInputs Of(IEnumerable<ReceiptEvent> events)
    {
        var all = events.ToList();
        var inputs = new TaskInputs(all.Select(e => e.Message).OfType<TaskSubmitted>().FirstOrDefault());
        foreach (var added in all.Select(e => e.Message).OfType<PartsAdded>().Where(a => a.First == inputs._origins.Count))
            inputs._origins.AddRange(added.Parts.Select(Origin));
        foreach (var e in all)
            inputs.Apply(e.Message);
        return inputs;
    }

    // What others compute on is never taken back once they have begun: the last result of a part is the one that they got.
    private void Apply(IMessage? message)
    {
        if (message is PartsAccepted accepted)
        {
            foreach (var part in accepted.Parts)
            {
                if (Blob(part.Result) is { } result)
                    _results[part.Attempt.Part] = new NeededResult(part.Attempt.Part, part.Attempt.Number, result);
            }
        }
        else if (message is PartsReported reported)
        {
            foreach (var part in reported.Parts)
            {
                if (Blob(part.Result) is { } result)
                    _reported[new ResultAttempt(part.Attempt.Part, part.Attempt.Number)] = new NeededResult(part.Attempt.Part, part.Attempt.Number, result);
            }
        }
        else if (message is PartsRejected rejected)
        {
            foreach (var part in rejected.Parts.Where(p => p.HasClosedBy))
                Close(part.Attempt.Part, part.ClosedBy);
        }
        else if (message is PartsSpared spared)
        {
            foreach (var part in spared.Parts)
                Close(part.Part_, part.ClosedBy);
        }
    }

    private void Close(int part, int by)
    {
        if (_results.TryGetValue(by, out var right))
            _results[part] = right;
    }

    /// <summary>The digest that the node signs as the part's input; null when the part or its input is not in these events.</summary>
    internal BlobId? Of(int part)
    {
        if (part < 0 || part >= _origins.Count)
            return null;
        var origin = _origins[part];
        BlobRef? own = null;
        if (origin.Source is { } source)
        {
            own = source >= 0 && source < _order!.Parts.Count ? Blob(_order.Parts[source]) : null;
            if (own is null)
                return null;
        }

        if (origin.Compares is { } compares)
            return compares.All(_reported.ContainsKey) ? new PartInput(null, () => [.. compares.Select(c => _reported[c])]).Id : null;
        List<NeededResult> needed = [];
        foreach (var need in origin.AllNeeds)
        {
            if (!_results.TryGetValue(need, out var result))
                return null;
            needed.Add(result);
        }

        return new PartInput(own, () => needed).Id;
    }

    // Whoever wrote the event may have put any range there.
    private static PartOrigin Origin(PartsAdded.Types.Part p) => new(
        p.Stage, p.Round, p.Index, p.HasSource ? p.Source : null,
        [.. p.Needs.Where(n => n is { First: >= 0, Count: >= 0 and <= StagePlan.MaxNeeds }).Select(n => new PartRange(n.First, n.Count))],
        p.HasCarry ? p.Carry : null, p.HasCheckOf ? p.CheckOf : null)
    {
        Compares = p.Compares.Count > 0 ? [.. p.Compares.Select(c => new ResultAttempt(c.Part, c.Number))] : null,
    };
}
