using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>What a task costs in journal events, its account's included.</summary>
public sealed class EventsBudgetSpecs
{
    [Fact]
    public void A_one_part_task_costs_six_events_with_its_money()
    {
        var (task, account) = Run(parts: 1, batch: 1);
        Assert.Equal(
            [typeof(TaskSubmitted), typeof(PartsAssigned), typeof(KeysReleased), typeof(PartsAccepted)], task.Select(e => e.GetType()));
        Assert.Equal([typeof(FundsHeld), typeof(HoldSettled)], account.Select(e => e.GetType()));
    }

    [Fact]
    public void Ten_thousand_parts_in_batches_of_sixteen_cost_far_less_than_an_event_each()
    {
        var (task, account) = Run(parts: 10_000, batch: 16);
        Assert.InRange((task.Count + account.Count) / 10_000.0, 0.01, 0.25);
    }

    [Fact]
    public void Ten_thousand_parts_in_batches_of_three_stay_within_the_budget()
    {
        var (task, account) = Run(parts: 10_000, batch: 3);
        Assert.InRange((task.Count + account.Count) / 10_000.0, 0.1, 1.2);
    }

    // Runs a task to its closed hold; each write gathers what concerns so many parts.
    private static (List<ITaskEvent> Task, List<IAccountEvent> Account) Run(int parts, int batch)
    {
        var account = Shells.Account(Given.Owner);
        account.Do(Given.Open(Given.Owner), Given.Start);
        account.Do(new GrantTokens(Given.Owner, Given.HoldFor(parts, Given.Spec()), "g", "admin", Given.Start), Given.Start);
        var opening = account.Journal.Count;
        var story = new TaskStory();
        story.Do(Given.Submit(1, parts));
        Pay(story, account);
        for (var first = 0; first < parts; first += batch)
        {
            var attempts = Enumerable.Range(first, Math.Min(batch, parts - first)).Select(p => new PartAttempt(p, 1)).ToList();
            InOneWrite(attempts, a => new PlaceParts(story.Id, [new Placed(a.Part, Ids.Node(1), Ids.Account(9), 1, Given.Ask)], story.Now));
            InOneWrite(attempts, a => new ReleaseKeys(story.Id, Ids.Node(1), 1, Given.SessionKey, [a], story.Now));
            Carry(story, account, InOneWrite(attempts, a => new AcceptResults(story.Id, Ids.Node(1), [TaskStory.Result(a)], story.Now)));
        }

        Assert.True(story.State.Settled);
        Assert.Equal(Tokens.Zero, account.Durable.Held);
        Assert.Equal(story.State.Cost, account.Durable.Spent);
        return (story.Shell.Journal, account.Journal.Skip(opening).ToList());

        List<ITaskEffect> InOneWrite(List<PartAttempt> attempts, Func<PartAttempt, ITaskCommand> command)
        {
            attempts.ForEach(a => story.Shell.Handle(command(a)));
            return story.Shell.Flush(story.Now);
        }
    }

    private static void Pay(TaskStory story, Shell<AccountState, IAccountCommand, IAccountEvent, AccountReply, IAccountEffect> account)
        => Carry(story, account, story.Effects);

    private static void Carry(
        TaskStory story, Shell<AccountState, IAccountCommand, IAccountEvent, AccountReply, IAccountEffect> account, List<ITaskEffect> effects)
    {
        var answers = effects.SelectMany(e => e switch
        {
            HoldFunds h => account.Do(new PlaceHold(h.Owner, story.Id, h.Amount, story.Now), story.Now).Effects,
            Settle s => account.Do(new SettleHold(s.Owner, story.Id, s.Number, s.Lines, 50, s.Close, story.Now), story.Now).Effects,
            _ => [],
        }).ToList();
        foreach (var answer in answers)
        {
            ITaskCommand? command = answer switch
            {
                AnswerHold a => new HoldAnswered(a.Task, a.Refusal, a.Held, a.Change, story.Now),
                AnswerSettlement a => new SettlementBooked(a.Task, a.Number, a.Closed, story.Now),
                _ => null,
            };
            if (command is null)
                continue;
            story.Do(command);
            Carry(story, account, story.Effects);
        }
    }
}
