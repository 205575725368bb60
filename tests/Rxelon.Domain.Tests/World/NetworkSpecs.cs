using CsCheck;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.Tasks;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.World;

public sealed class NetworkSpecs
{
    private static readonly Gen<(int What, int Pick, bool Repeat, bool Lose)> Choice =
        Gen.Select(Gen.Int[0, 99], Gen.Int[0, 10_000], Gen.Int[0, 9].Select(i => i == 0), Gen.Int[0, 9].Select(i => i == 0));

    [Fact]
    public void Money_is_conserved_and_everybody_is_paid_once_whatever_the_network_does()
        => Choice.List[20, 600].Sample(choices =>
        {
            var network = Played(choices, n => Assert.Equal(Tokens.Zero, Imbalance(n)));
            network.Settle();
            Assert.Equal(Tokens.Zero, Imbalance(network));
            foreach (var account in network.Accounts.Values.Select(a => a.Durable))
                Assert.Equal((Tokens.Zero, Tokens.Zero, Tokens.Zero), (account.Held, account.Owed, account.InTransit));
            AssertEarnings(network);
        }, iter: 300);

    [Fact]
    public void Replaying_the_journal_gives_the_living_state_again()
        => Choice.List[20, 400].Sample(choices =>
        {
            var network = Played(choices, _ => { });
            // That an attempt waits for its owner's keys is not kept, and for how long neither.
            foreach (var (id, task) in network.Tasks)
                Assert.Equal(TaskDump.Of(task.Durable, !Network.IsSealed(id)), TaskDump.Of(task.Replayed(), !Network.IsSealed(id)));
            foreach (var account in network.Accounts.Values)
                Assert.Equal(Dump(account.Durable), Dump(account.Replayed()));
        }, iter: 100);

    [Fact]
    public void No_attempt_number_comes_twice_and_no_key_goes_out_twice()
        => Choice.List[20, 400].Sample(choices =>
        {
            foreach (var journal in Played(choices, _ => { }).Tasks.Values.Select(t => t.Journal))
            {
                var assigned = journal.OfType<PartsAssigned>().SelectMany(e => e.Parts).ToList();
                Assert.Equal(assigned.Count, assigned.DistinctBy(a => a.Attempt).Count());
                var released = journal.OfType<KeysReleased>().SelectMany(e => e.Releases).ToList();
                Assert.Equal(released.Count, released.DistinctBy(r => r.Attempt).Count());
                Assert.All(released, r => Assert.Equal(journal.OfType<TaskSubmitted>().Single().Submission.Spec.Privacy.Custody == Custody.Sealed, r.ByOwner));
                Assert.All(released, r => Assert.Equal(r.Node, assigned.Single(a => a.Attempt == r.Attempt).Node));
                var accepted = journal.OfType<PartsAccepted>().SelectMany(e => e.Parts).ToList();
                var withdrawn = journal.OfType<OperatorDistrusted>().SelectMany(e => e.Withdrawn).ToLookup(p => p);
                Assert.All(accepted.GroupBy(a => a.Attempt.Part), g => Assert.True(g.Count() <= 1 + withdrawn[g.Key].Count()));
                Assert.All(accepted, a => Assert.Contains(released, r => r.Attempt == a.Attempt));
            }
        }, iter: 100);

    [Fact]
    public void Rotating_keys_of_a_part_never_go_before_the_part_before_it_was_accepted()
    {
        var gated = 0;
        Choice.List[20, 600].Sample(choices =>
        {
            foreach (var journal in Played(choices, _ => { }).Tasks.Where(t => Network.Rotates(t.Key)).Select(t => t.Value.Journal))
            {
                var state = TaskState.Of(Ids.Task(1));
                foreach (var happened in journal)
                {
                    foreach (var release in (happened as KeysReleased)?.Releases ?? [])
                    {
                        var first = state.OriginOf(release.Attempt.Part).CheckOf ?? release.Attempt.Part;
                        Assert.All(Enumerable.Range(0, first).Select(p => state.Parts[p]), p => Assert.True(p.IsCheck || p.Result is not null, string.Join('\n', journal)));
                        Interlocked.Add(ref gated, first);
                    }

                    state = TaskDecider.Apply(state, happened);
                }
            }
        }, iter: 200);
        Assert.True(gated > 0, "No walk came to a second part: this has shown nothing.");
    }

    [Fact]
    public void Of_a_part_and_its_twin_one_result_is_accepted_and_paid()
    {
        var twins = 0;
        Choice.List[200, 800].Sample(choices =>
        {
            var network = Played(choices, _ => { });
            network.Settle();
            foreach (var task in network.Tasks.Where(t => Network.Speculates(t.Key.ToBytes()[15])).Select(t => t.Value))
            {
                var accepted = task.Journal.OfType<PartsAccepted>().SelectMany(e => e.Parts).ToList();
                foreach (var (first, others) in task.Durable.Checks)
                {
                    Assert.Single(others);
                    Interlocked.Increment(ref twins);
                    var results = accepted.Where(a => a.Attempt.Part == first || a.Attempt.Part == others[0]).ToList();
                    Assert.InRange(results.Count, task.Durable.Phase == TaskPhase.Completed ? 1 : 0, 1);
                    Assert.Equal(Tokens.Sum(results.Select(r => r.Cost)), Tokens.Sum(others.Append(first).Select(p => task.Durable.Parts[p].Result?.Cost ?? Tokens.Zero)));
                }
            }
        }, iter: 60);
        Assert.True(twins > 0, "No walk came to a twin: this has shown nothing.");
    }

    private static Network Played(IReadOnlyList<(int What, int Pick, bool Repeat, bool Lose)> choices, Action<Network> afterEach)
    {
        var network = new Network();
        network.Grant(0, 300_000_000, "first");
        network.Grant(1, 200_000_000, "first");
        var tasks = 0;
        foreach (var (what, pick, repeat, lose) in choices)
        {
            switch (what)
            {
                case < 6: network.Submit(tasks++, pick % Network.Users, 1 + (pick % 3)); break;
                case 6: network.Grant(pick % 2, 1_000, $"g{pick % 5}"); break;
                case 7 when tasks > 0: network.Cancel(pick % tasks); break;
                case 8 or 9 when tasks > 0: network.Adjust(pick % tasks, pick); break;
                case 10 or 11: network.CrashTask(pick); break;
                case 12: network.CrashAccount(pick); break;
                case 13 or 14: network.Wake(TimeSpan.FromSeconds(pick % 30)); break;
                default: network.Step(pick, repeat, lose); break;
            }

            afterEach(network);
        }

        return network;
    }

    // What all accounts have, less what was minted and not burned. A payout that is booked and not yet confirmed is in two
    // accounts at once; it is counted once.
    private static Tokens Imbalance(Network network)
    {
        var sum = Tokens.Zero;
        foreach (var (id, shell) in network.Accounts)
        {
            var a = shell.Durable;
            Assert.False(a.Available.IsNegative || a.Held.IsNegative || a.Owed.IsNegative || a.InTransit.IsNegative);
            Assert.Equal(a.Granted + a.Earned, a.Available + a.Held + a.Owed + a.InTransit + a.Sent + a.Burned);
            sum += a.Available + a.Held + a.Owed + a.InTransit - a.Granted + a.Burned;
            foreach (var payout in a.Transit.Values)
            {
                if (network.Accounts[payout.Payee].Durable.Received.GetValueOrDefault(id) >= payout.Number)
                    sum -= payout.Amount;
            }
        }

        return sum;
    }

    // Each operator and the treasury earned exactly their part of every accepted result, and each owner spent the sum.
    private static void AssertEarnings(Network network)
    {
        var earned = network.Accounts.Keys.ToDictionary(id => id, _ => Tokens.Zero);
        var spent = network.Accounts.Keys.ToDictionary(id => id, _ => Tokens.Zero);
        foreach (var state in network.Tasks.Values.Select(t => t.Durable).Where(s => s.Submission is not null))
        {
            Assert.True(state.Cost <= state.Hold);
            foreach (var result in state.Parts.Select(p => p.Result).OfType<Accepted>())
            {
                var fee = Rxelon.Shared.Pricing.Tariff.Fee(result.Cost, Given.Terms.FeePermille);
                earned[result.Operator] += result.Cost - fee;
                earned[AccountIds.Treasury] += fee;
                spent[state.Order.Owner] += result.Cost;
            }
        }

        foreach (var (id, shell) in network.Accounts)
            Assert.Equal((earned[id], spent[id]), (shell.Durable.Earned, shell.Durable.Spent));
    }

    private static string Dump(AccountState a) => string.Join(' ', [
        $"{a.Available} {a.Held} {a.Owed} {a.InTransit} {a.Earned} {a.Spent} {a.Sent} {a.Burned} {a.LastPayout} {a.ApiKeys.Count}",
        .. a.Holds.Select(h => $"{h.Key}:{h.Value.Ceiling}/{h.Value.Paid}").Order(StringComparer.Ordinal),
        .. a.ClosedInOrder.Select(t => t.ToString()), .. a.Transit.Values.Select(p => p.ToString()),
        .. a.Received.Select(r => $"{r.Key}:{r.Value}").Order(StringComparer.Ordinal)]);
}
