using System.Globalization;
using Rxelon.Node.Tests.Wasm;

namespace Rxelon.Node.Tests.Samples;

public sealed class MonteCarloSpecs(WasmFixture wasm) : IClassFixture<WasmFixture>
{
    private readonly Sample _sample = new(wasm, "monte-carlo", "montecarlo.wasm");

    [Fact]
    public async Task The_page_tells_the_estimate_of_8_parts()
        => Assert.Contains(await MergeAsync(await PartsAsync(400_000, 1, 8)), _sample.Page, StringComparison.Ordinal);

    [Fact]
    public async Task The_same_seed_gives_the_same_bits_in_any_number_of_parts_and_another_seed_gives_others()
    {
        var once = await PartsAsync(20_000, 5, 3);
        var again = await PartsAsync(20_000, 5, 3);
        var seven = await MergeAsync(await PartsAsync(20_000, 5, 7));
        var other = await MergeAsync(await PartsAsync(20_000, 6, 3));

        Assert.Equal(once, again);
        Assert.Equal(await MergeAsync(once), seven.Replace("in 7 parts", "in 3 parts", StringComparison.Ordinal));
        Assert.NotEqual(Estimates(other), Estimates(seven));
    }

    [Fact]
    public async Task The_interval_holds_the_exact_price_for_about_19_of_20_seeds()
    {
        var held = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            var row = Estimates(await MergeAsync(await PartsAsync(2_000, seed, 1)))[0];
            held += row[1] <= row[3] && row[3] <= row[2] ? 1 : 0;
            // Black and Scholes' price, from a table.
            Assert.Equal(10.450584, row[3], 6);
        }

        // The seeds are fixed, so this cannot flicker; fewer than 34 of 40 would be a wrong interval (binomial, 1 in 300).
        Assert.InRange(held, 34, 40);
    }

    [Fact]
    public async Task A_part_that_is_missing_or_counted_twice_is_refused()
    {
        var parts = await PartsAsync(3_000, 1, 3);

        var missing = await _sample.TryAsync(Sample.Results([parts[0], parts[2]]), "merge");
        var twice = await _sample.TryAsync(Sample.Results([parts[0], parts[1], parts[1], parts[2]]), "merge");

        Assert.Contains("begins with path 2000, the parts before it end with 1000", missing.Result.StderrTail, StringComparison.Ordinal);
        Assert.Contains("begins with path 1000, the parts before it end with 2000", twice.Result.StderrTail, StringComparison.Ordinal);
        Assert.Equal((65, 65), (missing.Result.Metering.ExitCode, twice.Result.Metering.ExitCode));
    }

    private async Task<string[]> PartsAsync(int paths, int seed, int parts)
    {
        List<string> outputs = [];
        for (var part = 0; part < parts; part++)
            outputs.Add(await _sample.TextAsync(Parts.Input(), "part", $"{paths}", $"{seed}", $"{part}", $"{parts}"));
        return [.. outputs];
    }

    private Task<string> MergeAsync(string[] outputs) => _sample.TextAsync(Sample.Results(outputs), "merge");

    /// <summary>For each row: estimate, the interval's ends, and the exact price where there is one.</summary>
    private static double[][] Estimates(string report) =>
    [
        .. report.Split('\n', StringSplitOptions.RemoveEmptyEntries)[2..].Select(l => l[28..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(w => w != "to").Select(w => double.Parse(w, CultureInfo.InvariantCulture)).ToArray()),
    ];
}
