namespace Rxelon.Bench.Rows;

/// <summary>One measured promise. A row starts what it needs, measures, and leaves nothing behind.</summary>
internal interface IBenchRow
{
    /// <summary>The name on the command line and in the JSON.</summary>
    string Name { get; }

    /// <summary>One line: what is measured.</summary>
    string About { get; }

    /// <summary>An exception means that the row did not measure; a row that cannot run here says why instead.</summary>
    Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel);
}
