namespace Rxelon.Bench;

/// <summary>One number of a row: every run's value, its unit, and the target it is held to (null: none).</summary>
internal sealed record Measurement(string Name, string Unit, IReadOnlyList<double> Runs, double? Target = null, bool SmallerIsBetter = false)
{
    /// <summary>The middle run.</summary>
    public double Median => Percentile(0.5);

    /// <summary>The 99th percentile: with few runs, the worst.</summary>
    public double P99 => SmallerIsBetter ? Percentile(0.99) : Percentile(0.01);

    /// <summary>Null without a target.</summary>
    public bool? Holds => Target is not { } target ? null : SmallerIsBetter ? Median <= target : Median >= target;

    internal static Measurement Of(string name, string unit, double value, double? target = null, bool smallerIsBetter = false)
        => new(name, unit, [value], target, smallerIsBetter);

    private double Percentile(double p)
    {
        var sorted = Runs.Order().ToList();
        return sorted[(int)Math.Round(p * (sorted.Count - 1))];
    }
}

/// <summary>One row of the table: what is measured and how.</summary>
internal interface IBenchRow
{
    string Name { get; }

    string Description { get; }

    /// <summary>Measures; throws when a check fails, such as money lost or rows missing.</summary>
    Task<IReadOnlyList<Measurement>> RunAsync(bool quick);
}
