using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.World;

/// <summary>Ordinary things to start a story from.</summary>
internal static class Given
{
    internal static readonly DateTimeOffset Start = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    internal static readonly PriceTerms Terms = new(new Tokens(1_000), new Tokens(100_000_000), 1000, 1000, 50);

    internal static readonly Tokens Ask = new(3_600_000);

    internal static readonly AccountId Owner = Ids.Account(1);

    internal static readonly byte[] SessionKey = [7, 7, 7];

    internal static TaskSpec Spec(Func<TaskSpec, TaskSpec>? change = null)
    {
        var spec = new TaskSpec { Name = "tiles", Kind = WorkloadKind.Mock };
        return change is null ? spec : change(spec);
    }

    internal static Tokens HoldFor(int parts, TaskSpec spec) => Tariff.Quote(Terms, Ask, StagePlan.Of(spec, parts).Value).Ceiling;

    /// <summary>Main, then a reduce stage of one part with other terms.</summary>
    internal static TaskSpec MapReduce(TaskSpec s) => s with { Stages = [Stage("reduce", ["main"])] };

    /// <summary>Main and reduce, repeated up to <paramref name="rounds"/> times, then a stage over the last round's result.</summary>
    internal static TaskSpec InRounds(TaskSpec s, int rounds) => s with
    {
        Stages = [Stage("reduce", ["main"]), Stage("report", ["reduce"])],
        Rounds = new RoundsSpec { Of = ["main", "reduce"], Max = rounds, Until = "out/stop" },
    };

    internal static StageSpec Stage(string name, string[] needs, int parts = 1) => new()
    {
        Name = name,
        Needs = needs,
        Kind = WorkloadKind.Mock,
        Resources = new Resources(2_000, 1L << 30, 1L << 30),
        Limits = new StageLimits(90, 1 << 20),
        Parts = parts,
        Program = new StageProgram(Ids.Blob(2_000_001).Id, 10),
    };

    internal static SubmitTask Submit(int task, int parts, Func<TaskSpec, TaskSpec>? change = null, DateTimeOffset? at = null, AccountId? owner = null, long? size = null)
    {
        var spec = Spec(change);
        var hold = HoldFor(parts, spec);
        var order = new Submission(
            owner ?? Owner, spec.ToBytes(), [.. Enumerable.Range(0, parts).Select(p => Ids.Blob(p) is var b && size is { } bytes ? b with { Size = bytes } : b)], Ids.Blob(2_000_000), [1], [2], hold, [3], [4]);
        return new SubmitTask(Ids.Task(task), order, Terms, hold, at ?? Start);
    }

    internal static OpenAccount Open(AccountId account, AccountKind kind = AccountKind.User)
        => new(account, "someone", kind, [1, 2], [3, 4], new ApiKeyHash("k1", [5], "first"), Start);

    /// <summary>A task in the queue: submitted and its hold confirmed; each part's input has <paramref name="size"/> bytes.</summary>
    internal static TaskStory Queued(int parts, Func<TaskSpec, TaskSpec>? change = null, long? size = null)
    {
        var story = new TaskStory();
        story.Do(Submit(1, parts, change, size: size));
        story.Do(new HoldAnswered(story.Id, null, HoldFor(parts, Spec(change)), null, story.Now));
        return story;
    }
}

/// <summary>One task, driven command by command; each is written at once.</summary>
internal sealed class TaskStory
{
    internal TaskId Id { get; } = Ids.Task(1);

    internal Shell<TaskState, ITaskCommand, ITaskEvent, TaskReply, ITaskEffect> Shell { get; } = Shells.Task(1);

    internal DateTimeOffset Now { get; set; } = Given.Start;

    internal List<ITaskEffect> Effects { get; private set; } = [];

    internal TaskState State => Shell.Durable;

    internal TaskReply Do(ITaskCommand command)
    {
        (var reply, Effects) = Shell.Do(command, Now);
        return reply;
    }

    internal PartsPlaced Place(int node, params int[] parts) => (PartsPlaced)Do(new PlaceParts(
        Id, [.. parts.Select(p => new Placed(p, Ids.Node(node), Ids.Account(100 + node), (ulong)node, Given.Ask))], Now));

    internal TaskReply Ready(int node, params PartAttempt[] attempts)
        => Do(new ReleaseKeys(Id, Ids.Node(node), (ulong)node, Given.SessionKey, attempts, Now));

    internal ResultsAnswered ReportStop(int node, PartAttempt attempt)
        => (ResultsAnswered)Do(new AcceptResults(Id, Ids.Node(node), [Result(attempt) with { Stop = true }], Now));

    internal ResultsAnswered Report(int node, params PartAttempt[] attempts)
        => (ResultsAnswered)Do(new AcceptResults(Id, Ids.Node(node), [.. attempts.Select(Result)], Now));

    internal TaskReply Fail(int node, PartAttempt attempt, Fault fault)
        => Do(new FailAttempts(Id, Ids.Node(node), [new FailedAttempt(attempt, fault, null, [])], Now));

    /// <summary>Places, readies and accepts first attempts of these parts.</summary>
    internal void Finish(int node, params int[] parts)
    {
        var attempts = Place(node, parts).Placed.Select(p => p.Attempt).ToArray();
        Ready(node, attempts);
        Report(node, attempts);
    }

    /// <summary>As the entity does: woken when it is due, until then or until a part has got a twin.</summary>
    internal void Wait(TimeSpan time)
    {
        var until = Now + time;
        while (TaskDecider.NextDue(State) is { } due && due <= until)
        {
            Now = due > Now ? due : Now.AddMilliseconds(1);
            var before = State;
            Do(new WakeTask(Id, Now));
            if (State.Parts.Count > before.Parts.Count)
                return;
        }

        Now = until;
    }

    internal T Effect<T>() => Assert.Single(Effects.OfType<T>());

    internal static ReportedResult Result(PartAttempt a) => new(
        a, Ids.Blob(1_000_000 + (a.Part * 10) + a.Number), new Metering(1_000, 900, 1 << 20, 0, 10, 20, 0), [9]);
}
