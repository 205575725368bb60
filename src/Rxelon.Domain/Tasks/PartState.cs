using System.Collections.Immutable;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>One part of a task: how many attempts it had, the one that runs, its result, and what went wrong before.</summary>
public sealed record PartState(int Attempts, RunningAttempt? Running, Accepted? Result, PartTrouble? Trouble)
{
    /// <summary>A part that nobody has tried.</summary>
    public static PartState Untried { get; } = new(0, null, null, null);

    /// <summary>Why it exists; null for a part that the submission named (<see cref="PartOrigin.Submitted"/>). Never changes.</summary>
    public PartOrigin? Origin { get; init; }

    /// <summary>How many of the results it needs are not there yet.</summary>
    public int Missing { get; init; }

    /// <summary>A result that was reported and waits for others to agree; null in a task that is not verified.</summary>
    public Answered? Answered { get; init; }

    /// <summary>What the next attempt begins from; null: from the input.</summary>
    public PartCheckpoint? Checkpoint { get; init; }

    /// <summary>True when it compares others' results.</summary>
    public bool IsComparison => Origin?.Compares is not null;

    /// <summary>True when it is there to check another: it repeats it, to check or to overtake it, or compares its results.</summary>
    public bool IsCheck => Origin?.CheckOf is not null;

    /// <summary>True when it has neither a result nor an attempt under way.</summary>
    public bool IsWaiting => Running is null && Result is null && Answered is null;

    /// <summary>True when it waits for nothing but a node.</summary>
    public bool IsReady => IsWaiting && Missing == 0;
}

/// <summary>
/// The attempt that counts. <see cref="Cap"/> is the most it may be paid, fixed when it was placed; <see cref="Due"/> is when
/// the hub gives up on it; <see cref="SessionKey"/> is null until its keys were released.
/// </summary>
public sealed record RunningAttempt(
    NodeId Node, AccountId Operator, ulong Session, Tokens AskPerCoreHour, Tokens Cap, DateTimeOffset Due, byte[]? SessionKey)
{
    /// <summary>When its keys went out; null before, and while they are asked for once more because a restarted hub had lost them.</summary>
    public DateTimeOffset? KeysAt { get; init; }

    /// <summary>What it shows while it waits for keys from its owner's client. Not kept: the node asks again.</summary>
    public KeyWait? Wait { get; init; }
}

/// <summary>
/// A reported result before its verdict: what is accepted if it is right, what the node promised, what it revealed since, and when
/// it was reported.
/// </summary>
public sealed record Answered(Accepted Result, byte[] Commitment, Answer? Revealed, DateTimeOffset At)
{
    /// <summary>The answer that it counts as, since the results were found equal; null when nobody has compared it.</summary>
    public Answer? EqualTo { get; init; }
}

/// <summary>The failures of one part: whose they were, the codes of the program's, where it must not go again, the logs kept.</summary>
public sealed record PartTrouble(
    int ProgramFaults, int OtherFaults, ImmutableList<string> ProgramCodes, ImmutableList<NodeId> Avoid, ImmutableList<BlobRef> Logs, Fault Last)
{
    /// <summary>Nodes that were lost while they ran it, with the attempt; what <see cref="NodeDeaths"/> counts.</summary>
    public ImmutableList<NodeDeath> Deaths { get; init; } = [];

    /// <summary>How often it was handed over to another node in the middle.</summary>
    public int HandOvers { get; init; }

    /// <summary>The trouble after one more failure.</summary>
    public static PartTrouble After(PartTrouble? before, Failed failed)
    {
        var t = before ?? new PartTrouble(0, 0, [], [], [], failed.Fault);
        if (failed.Fault.Code == FaultCodes.OwnerAbsent)
            return t with { Last = failed.Fault }; // nobody's fault: it uses up nothing and keeps it from nowhere
        var avoid = t.Avoid.Contains(failed.Node) ? t.Avoid : t.Avoid.Add(failed.Node);
        if (failed.Fault.Code == FaultCodes.HandedOver)
            return t with { Last = failed.Fault, HandOvers = t.HandOvers + 1, Avoid = avoid };
        if (failed.Fault.Code == FaultCodes.OperatorDistrusted)
            return t with { Avoid = avoid, Last = failed.Fault }; // stopped for a lie about something else
        var program = IsProgram(failed.Fault);
        return new PartTrouble(
            t.ProgramFaults + (program ? 1 : 0),
            t.OtherFaults + (program ? 0 : 1),
            program && !t.ProgramCodes.Contains(failed.Fault.Code) ? t.ProgramCodes.Add(failed.Fault.Code) : t.ProgramCodes,
            avoid,
            failed.Log is { } log ? t.Logs.Add(log) : t.Logs,
            failed.Fault)
        {
            HandOvers = t.HandOvers,
            Deaths = failed.NodeDied ? t.Deaths.Add(new NodeDeath(failed.Node, failed.Attempt.Number)) : t.Deaths,
        };
    }

    /// <summary>True when the failure is the user's: it uses up the task's retries.</summary>
    public static bool IsProgram(Fault fault) => fault.Culprit is Culprit.Program or Culprit.Input;
}
