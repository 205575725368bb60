using System.Globalization;

namespace Rxelon.Bench.Rows;

/// <summary>What a figure has to reach.</summary>
internal sealed record Target(bool AtLeast, double Value)
{
    internal static Target Least(double value) => new(true, value);

    internal static Target Most(double value) => new(false, value);

    internal bool Meets(double figure) => AtLeast ? figure >= Value : figure <= Value;

    public override string ToString() => (AtLeast ? ">= " : "<= ") + Value.ToString("0.###", CultureInfo.InvariantCulture);
}

/// <summary>One measured quantity, a sample per run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Of the samples.</param>
/// <param name="Samples">At least one.</param>
/// <param name="Median">Promised of the median, if anything is.</param>
/// <param name="P99">Promised of <see cref="Tail"/>, if anything is.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Samples, Target? Median = null, Target? P99 = null)
{
    internal bool HasTarget => Median is not null || P99 is not null;

    internal bool Meets => (Median?.Meets(At(0.5)) ?? true) && (P99?.Meets(Tail) ?? true);

    /// <summary>The 99th percentile towards the bad end: of rates the slow one.</summary>
    internal double Tail => At(MoreIsBetter ? 0.01 : 0.99);

    private bool MoreIsBetter => (Median ?? P99)?.AtLeast ?? Unit.EndsWith("/s", StringComparison.Ordinal);

    /// <summary>The smallest sample that at least this share of the samples does not exceed (nearest rank).</summary>
    internal double At(double quantile)
    {
        var sorted = Samples.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(quantile * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}

/// <summary>What one row showed. Without figures the notes say why it did not run.</summary>
internal sealed record RowResult(IReadOnlyList<Figure> Figures, IReadOnlyList<string> Notes)
{
    internal bool Ran => Figures.Count > 0;

    /// <summary><c>PASS</c>, <c>short</c>, <c>measured</c> (nothing is promised) or <c>did not run</c>.</summary>
    internal string Verdict
        => !Ran ? "did not run"
            : !Figures.Any(f => f.HasTarget) ? "measured"
            : Figures.All(f => f.Meets) ? "PASS" : "short";

    internal static RowResult DidNotRun(string why) => new([], [why]);
}
