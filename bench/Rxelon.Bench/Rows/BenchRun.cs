namespace Rxelon.Bench.Rows;

/// <summary>How to run a row.</summary>
/// <param name="Quick">Fewer and smaller runs: to see that the row works, not to quote its figures.</param>
/// <param name="Runs">Runs instead of the row's own number.</param>
/// <param name="Seed">For everything a row chooses at random.</param>
/// <param name="Say">Progress for a person who waits.</param>
internal sealed record BenchRun(bool Quick, int? Runs, int Seed, Action<string> Say)
{
    /// <summary>The number asked for, or the row's own.</summary>
    internal int Times(int full, int quick) => Runs ?? (Quick ? quick : full);
}
