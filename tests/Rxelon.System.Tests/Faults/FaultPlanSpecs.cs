using System.Globalization;
using Rxelon.Drills;
using Xunit.Abstractions;

namespace Rxelon.System.Tests.Faults;

/// <summary>Kills the hub, a node or everybody at places drawn by a seed; <c>RX_SEED</c> repeats a run.</summary>
public sealed class FaultPlanSpecs(ITestOutputHelper output)
{
    private const int Length = 10;

    /// <summary>A change is judged by the same drills as the one before it; <c>./rx bench faults</c> draws a new seed each time.</summary>
    private const int DefaultSeed = 1;

    [Fact]
    public async Task Whoever_dies_wherever_each_task_ends_once_and_no_money_appears_or_vanishes()
    {
        var seed = Environment.GetEnvironmentVariable("RX_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture) : DefaultSeed;
        output.WriteLine($"RX_SEED={seed}");
        await using var drills = new FaultDrills();
        await drills.StartAsync();
        var results = new List<DrillResult>();
        foreach (var drill in FaultPlan.Make(seed, Length))
        {
            try
            {
                results.Add(await drills.RunAsync(drill));
                output.WriteLine($"{drill}: {(results[^1].Died ? "died" : "not reached")}, whole again after {results[^1].Recovery.TotalSeconds:0.0} s");
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"RX_SEED={seed} {drill}: {e.Message}\n{drills.Output}", e);
            }
        }

        var reached = results.Count(r => r.Died);
        Assert.True(reached * 2 >= Length, $"RX_SEED={seed}: only {reached} of {Length} places were reached.");
    }

    [Fact]
    public void The_plan_of_a_seed_is_always_the_same_and_a_long_one_reaches_every_place()
    {
        Assert.Equal(FaultPlan.Make(7, 40), FaultPlan.Make(7, 40));
        Assert.NotEqual(FaultPlan.Make(7, 40), FaultPlan.Make(8, 40));
        Assert.Equal(FaultPlan.Places.Count, FaultPlan.Make(7, 2 * FaultPlan.Places.Count).Select(d => d.Place).Distinct().Count());
    }
}
