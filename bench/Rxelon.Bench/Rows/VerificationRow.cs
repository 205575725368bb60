using System.Globalization;
using Rxelon.Shared.Workloads;
using Rxelon.Simulation;

namespace Rxelon.Bench.Rows;

/// <summary>
/// Thousands of simulated nodes with liars among them, in virtual time over the production decider and matcher: what each policy finds, what
/// it costs, and whether lying pays. The notes are the table of docs/design/verification.md.
/// </summary>
internal sealed class VerificationRow : IBenchRow
{
    private static readonly (string Name, VerifySpec Terms)[] Policies =
    [
        ("none", new VerifySpec { Policy = VerifyPolicy.None }),
        ("spot 0.02", new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 20_000 }),
        ("spot 0.1", new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 100_000 }),
        ("quorum 2 of 3", new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 }),
        ("adaptive", new VerifySpec { Policy = VerifyPolicy.Adaptive }),
    ];

    public string Name => "verification";

    public string About => "catch rate, overhead and a cheater's gain in a simulated network of liars";

    public Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        List<string> notes = ["| policy | cheats | cheaters | caught | honest accused | wrong results | overhead | cheater's gain / honest gain |", "|---|---|---|---|---|---|---|---|"];
        List<double> overheads = [], gains = [];
        foreach (var (name, terms) in Policies)
        {
            var networks = Enum.GetValues<Cheat>().Select(c => (Name: c.ToString().ToLowerInvariant(), Cheats: (Cheat[])[c], Permille: 100))
                .Concat(((int[])[10, 50, 100, 200]).Select(p => (Name: "all kinds", Cheats: Enum.GetValues<Cheat>(), Permille: p)));
            foreach (var (cheats, kinds, permille) in networks)
            {
                cancel.ThrowIfCancellationRequested();
                var found = SimNetwork.Run(new Scenario
                {
                    Verify = terms,
                    Cheats = kinds,
                    CheatersPermille = permille,
                    Nodes = run.Quick ? 200 : 2_000,
                    Tasks = run.Quick ? 1 : 2,
                    PartsPerTask = run.Quick ? 2_000 : 10_000, // ten a node: enough for those who begin to cheat late
                    Seed = run.Seed,
                });
                notes.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {cheats} | {permille / 10.0} % | {found.CatchRate:P1} | {found.HonestAccused} | {found.WrongRate:P3} | {found.Overhead:P1} | {found.GainRatio:0.00} |"));
                if (found.Unfinished > 0)
                    notes.Add($"{found.Unfinished} tasks did not complete; the first: {found.Reason}");
                if (terms.Policy == VerifyPolicy.Adaptive && kinds.Length == 1 && kinds[0] != Cheat.Colluding)
                {
                    overheads.Add(found.Overhead);
                    gains.Add(found.GainRatio);
                }
            }
        }

        Figure[] figures =
        [
            new("adaptive, 10 % of one kind: results computed beyond one a part", "x", overheads),
            new("adaptive, 10 % of one kind: a cheater's gain over an honest node's", "x", [gains.Max()], Target.Most(1)),
        ];
        return Task.FromResult(new RowResult(figures, notes));
    }
}
