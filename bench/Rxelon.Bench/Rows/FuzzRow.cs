namespace Rxelon.Bench.Rows;

/// <summary>
/// Broken and hostile inputs for every parser of the ledger. The row fails at the first one that throws, or that is accepted and
/// written back differently.
/// </summary>
internal sealed class FuzzRow : IBenchRow
{
    private const int Least = 1_000_000;

    public string Name => "fuzz";

    public string About => "broken and hostile inputs for the ledger's parsers";

    public Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var parsers = LedgerParser.All();
        var each = run.Quick ? 2_000 : 1 + (Least / parsers.Count);
        run.Say($"{each} inputs for each of {parsers.Count} parsers, seed {run.Seed}");
        var (figures, notes) = (new List<Figure>(), new List<string>());
        var (accepted, load) = (0, new Load());
        foreach (var (i, parser) in parsers.Index())
        {
            var (good, one) = (0, new Load());
            var mutator = new Mutator(unchecked(run.Seed + i));
            for (var n = 0; n < each; n++)
            {
                if ((n & 0xfff) == 0)
                    cancel.ThrowIfCancellationRequested();
                if (Accepts(parser, mutator.Of(parser.Valid)))
                    good++;
            }

            accepted += good;
            figures.Add(new Figure($"  {parser.Name}", "1/s", [each / one.Seconds]));
            notes.Add($"{parser.Name}: {good} accepted, {each - good} refused");
        }

        var inputs = each * parsers.Count;
        figures.Insert(0, new Figure($"{inputs} inputs made, parsed and written back", "1/s", [inputs / load.Seconds]));
        notes.Insert(0, $"Seed {run.Seed}: {accepted} accepted, {inputs - accepted} refused, none threw.");
        return Task.FromResult(new RowResult(figures, notes));
    }

    private static bool Accepts(LedgerParser parser, byte[] input)
    {
        try
        {
            return parser.Accepts(input);
        }
        catch (Exception e)
        {
            throw new InvalidDataException($"{parser.Name} threw for {Convert.ToBase64String(input)}", e);
        }
    }
}
