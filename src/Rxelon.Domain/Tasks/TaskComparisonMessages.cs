using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>Asks for <see cref="ComparisonsAwaited"/>; changes nothing.</summary>
public sealed record GetComparisons(TaskId Task, AccountId By, DateTimeOffset At) : ITaskCommand, IQuery;

/// <summary>From the owner's client: which results of these parts are equal within the task's tolerance.</summary>
public sealed record CompareAnswers(TaskId Task, AccountId By, IReadOnlyList<Comparison> Comparisons, DateTimeOffset At) : ITaskCommand;

/// <summary>
/// A word about one part: every result that waits in exactly one class, signed (<see cref="SignedStatements.Compare"/>).
/// </summary>
public sealed record Comparison(int Part, IReadOnlyList<IReadOnlyList<PartAttempt>> Classes, byte[] Signature)
{
    /// <summary>The attempt that compared them, and its node; null: the owner's client did.</summary>
    public (PartAttempt Attempt, NodeId Node)? By { get; init; }

    /// <summary>What is signed: by the owner about the part, by a node about its comparison.</summary>
    public byte[] Statement(TaskId task) => SignedStatements.Compare(
        task, By?.Attempt.Part ?? Part, [.. Classes.Select(c => (IReadOnlyList<ResultAttempt>)[.. c.Select(a => new ResultAttempt(a.Part, a.Number))])]);
}

/// <summary>Which results that differ in bytes were found equal within the tolerance. Equal bytes are equal whatever it says.</summary>
public sealed record AnswersCompared(IReadOnlyList<Comparison> Groups, DateTimeOffset At) : ITaskEvent;

/// <summary>Parts whose results differ and wait for their owner's client.</summary>
public sealed record ComparisonsAwaited(TaskId Task, TaskPhase Phase, IReadOnlyList<AwaitedComparison> Comparisons) : TaskReply(Task);

/// <summary>One part and its results.</summary>
public sealed record AwaitedComparison(int Part, IReadOnlyList<(PartAttempt Attempt, BlobRef Result)> Results);

/// <summary>Per part: it counts, or why not.</summary>
public sealed record ComparisonsAnswered(TaskId Task, IReadOnlyList<(int Part, Fault? Refusal)> Answers) : TaskReply(Task);
