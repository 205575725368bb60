using CsCheck;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

public sealed class TaskCoalescingSpecs
{
    private const int Parts = 12;

    // A random walk: which kind of command, which part, which node, whether the clock moves.
    private static readonly Gen<(int Kind, int Part, int Node, bool Tick)> Step =
        Gen.Select(Gen.Int[0, 15], Gen.Int[0, Parts - 1], Gen.Int[1, 3], Gen.Bool);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Folding_the_coalesced_batch_equals_folding_the_batch(bool sticky, bool rounds)
        => Step.List[1, 120].Sample(steps =>
        {
            var (start, events) = Walk(steps, sticky, clockMoves: false, rounds);
            var folded = events.Aggregate(start, TaskDecider.Apply);
            var coalesced = TaskCoalescing.Coalesce(events).Aggregate(start, TaskDecider.Apply);
            return TaskDump.Of(folded) == TaskDump.Of(coalesced) && folded.InFlight == coalesced.InFlight
                && folded.AttemptsDue == coalesced.AttemptsDue && folded.Settled == coalesced.Settled;
        });

    [Fact]
    public void With_a_moving_clock_only_times_within_the_batch_differ()
        => Step.List[1, 120].Sample(steps =>
        {
            var (start, events) = Walk(steps, sticky: false, clockMoves: true);
            var folded = events.Aggregate(start, TaskDecider.Apply);
            var coalesced = TaskCoalescing.Coalesce(events).Aggregate(start, TaskDecider.Apply);
            return TaskDump.Of(folded, withTimes: false) == TaskDump.Of(coalesced, withTimes: false);
        });

    [Fact]
    public void Cutting_a_batch_anywhere_and_coalescing_both_halves_gives_the_same_state()
        => Gen.Select(Step.List[1, 120], Gen.Double[0, 1]).Sample((steps, cut) =>
        {
            var (start, events) = Walk(steps, sticky: false, clockMoves: false);
            var at = (int)(events.Count * cut);
            var halves = TaskCoalescing.Coalesce(events.Take(at).ToList()).Concat(TaskCoalescing.Coalesce(events.Skip(at).ToList()));
            return TaskDump.Of(events.Aggregate(start, TaskDecider.Apply)) == TaskDump.Of(halves.Aggregate(start, TaskDecider.Apply));
        });

    [Fact]
    public void Interleaved_work_on_many_parts_becomes_three_events()
    {
        var story = Given.Queued(100);
        for (var i = 0; i < 90; i++)
        {
            var attempt = new PartAttempt(i, 1);
            story.Shell.Handle(new PlaceParts(story.Id, [new Placed(i, Ids.Node(1), Ids.Account(9), 1, Given.Ask)], story.Now));
            story.Shell.Handle(new ReleaseKeys(story.Id, Ids.Node(1), 1, Given.SessionKey, [attempt], story.Now));
            story.Shell.Handle(new AcceptResults(story.Id, Ids.Node(1), [TaskStory.Result(attempt)], story.Now));
        }

        var before = story.Shell.Journal.Count;
        story.Shell.Flush(story.Now);
        Assert.Equal(before + 3, story.Shell.Journal.Count);
        Assert.Equal(90, story.State.AcceptedCount);
    }

    [Fact]
    public void Nothing_moves_over_the_end_of_a_task()
    {
        ITaskEvent[] batch =
        [
            new PartsAssigned([new Assigned(new PartAttempt(0, 1), Ids.Node(1), Ids.Account(9), 1, Given.Ask)], Given.Start),
            new TaskEnded(TaskPhase.Cancelled, new Fault("x", "x"), Given.Start),
            new PartsAssigned([new Assigned(new PartAttempt(1, 1), Ids.Node(1), Ids.Account(9), 1, Given.Ask)], Given.Start),
        ];
        Assert.Equal(batch, TaskCoalescing.Coalesce(batch));
    }

    private static (TaskState Start, List<ITaskEvent> Events) Walk(
        IReadOnlyList<(int Kind, int Part, int Node, bool Tick)> steps, bool sticky, bool clockMoves, bool rounds = false)
    {
        var start = Given.Queued(rounds ? 2 : Parts, s => (rounds ? Given.InRounds(s, 4) : s) with
        {
            Privacy = s.Privacy with { Sticky = sticky },
            Limits = s.Limits with { Retries = 50 },
        }).State;
        var now = Given.Start;
        var state = start;
        var events = new List<ITaskEvent>();
        foreach (var (kind, any, node, tick) in steps)
        {
            var part = any % state.Parts.Count;
            if (tick && clockMoves)
                now += TimeSpan.FromMilliseconds(1);
            foreach (var happened in TaskDecider.Decide(state, Command(state, kind, part, node, now)).Events)
            {
                events.Add(happened);
                state = TaskDecider.Apply(state, happened);
            }
        }

        return (start, events);
    }

    private static ITaskCommand Command(TaskState s, int kind, int part, int node, DateTimeOffset now)
    {
        var attempt = new PartAttempt(part, Math.Max(1, s.Parts[part].Attempts));
        var home = s.Parts[part].Running?.Node ?? Ids.Node(node);
        var session = s.Parts[part].Running?.Session ?? (ulong)node;
        return kind switch
        {
            <= 4 => new PlaceParts(s.Id, [new Placed(part, Ids.Node(node), Ids.Account(100 + node), (ulong)node, Given.Ask)], now),
            <= 7 => new ReleaseKeys(s.Id, home, session, Given.SessionKey, [attempt], now),
            <= 11 => new AcceptResults(s.Id, home, [TaskStory.Result(attempt)], now),
            12 => new FailAttempts(s.Id, home, [new FailedAttempt(attempt, new Fault($"node-{part}", "x", Culprit.Node, true), null, [])], now),
            13 => new ResumeAttempts(s.Id, Ids.Node(node), session + 10, [attempt], now),
            14 => new AdjustTask(s.Id, Given.Owner, $"c{part}", (Tier)node, null, part * 1000, now),
            15 when part == 0 => new CancelTask(s.Id, null, now),
            15 => new SettlementBooked(s.Id, s.AcceptedCount, false, now),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }
}
