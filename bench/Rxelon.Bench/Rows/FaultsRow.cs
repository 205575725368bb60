using Rxelon.Drills;

namespace Rxelon.Bench.Rows;

/// <summary>
/// Processes killed at seeded places of a task's life: each time the task ends exactly once, every part is paid once, and no money
/// appears or vanishes; else the row throws. The recovery runs from the death until the task has ended and is settled.
/// </summary>
internal sealed class FaultsRow : IBenchRow
{
    public string Name => "faults";

    public string About => "seeded kills of hub and nodes while tasks run: nothing lost, doubled or orphaned";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var plan = FaultPlan.Make(run.Seed, run.Times(200, 5));
        run.Say($"seed {run.Seed}, {plan.Count} drills");
        List<DrillResult> results = [];
        var drills = new FaultDrills();
        await using (drills.ConfigureAwait(false))
        {
            await drills.StartAsync().ConfigureAwait(false);
            foreach (var drill in plan)
            {
                cancel.ThrowIfCancellationRequested();
                var result = await drills.RunAsync(drill).ConfigureAwait(false);
                results.Add(result);
                run.Say($"{drill}: {(result.Died ? $"died, recovered in {result.Recovery.TotalSeconds:0.00} s" : "not reached")}");
            }
        }

        var died = results.Where(r => r.Died).ToArray();
        if (died.Length == 0)
            throw new InvalidDataException("No drill reached its place: nothing was shown.");
        var places = died.Select(r => (r.Drill.Victim, r.Drill.Place)).Distinct().Count();
        return new RowResult(
            [
                new Figure("drills without loss", "share", [1], Target.Least(1)),
                new Figure("drills that killed", "share", [died.Length / (double)results.Count]),
                new Figure("recovery, death to settled", "s", [.. died.Select(r => r.Recovery.TotalSeconds)]),
                .. Enum.GetValues<Victim>().SelectMany(v => OfVictim(v, died)),
            ],
            [$"seed {run.Seed}: {results.Count} drills, {died.Length} kills, {places} of {FaultPlan.Places.Count} places reached"]);
    }

    private static IEnumerable<Figure> OfVictim(Victim victim, DrillResult[] died)
    {
        var samples = died.Where(r => r.Drill.Victim == victim).Select(r => r.Recovery.TotalSeconds).ToArray();
        return samples.Length == 0 ? [] : [new Figure($"  {victim} killed", "s", samples)];
    }
}
