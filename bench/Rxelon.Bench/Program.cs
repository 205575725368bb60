using System.CommandLine;
using Rxelon.Bench.Reports;
using Rxelon.Bench.Rows;
using Spectre.Console;

// The row that measures this process's memory goes first: the others leave theirs behind.
IBenchRow[] rows =
[
    new HotStateRow(), new EncryptionRow(), new MatcherRow(), new JournalRow(), new LedgerRow(), new FuzzRow(), new SealingRow(), new ControlPlaneRow(), new WasmRow(), new StreamRow(), new SplitRow(), new DockerRow(), new VmRow(), new VerificationRow(),
    new FaultsRow(),
];

var names = new Argument<string[]>("rows") { Description = "Which rows; all of them when none is named.", Arity = ArgumentArity.ZeroOrMore };
var quick = new Option<bool>("--quick") { Description = "Small and few: shows that a row works, its figures are not for quoting." };
var runs = new Option<int?>("--runs") { Description = "Runs instead of each row's own number." };
var seed = new Option<int?>("--seed") { Description = "For what a row chooses at random; printed when not given." };
var json = new Option<string?>("--json") { Description = "Also write the figures to this file." };
var root = new RootCommand("Measures what Rxelon promises. Rows: " + string.Join(", ", rows.Select(r => r.Name))) { names, quick, runs, seed, json };
root.SetAction(async (parsed, cancel) =>
{
    var wanted = parsed.GetValue(names) ?? [];
    if (wanted.Except(rows.Select(r => r.Name)).FirstOrDefault() is { } unknown)
    {
        await Console.Error.WriteLineAsync($"There is no row '{unknown}'. Rows: {string.Join(", ", rows.Select(r => r.Name))}").ConfigureAwait(false);
        return 64;
    }

    var at = TimeProvider.System.GetUtcNow();
    var run = new BenchRun(
        parsed.GetValue(quick), parsed.GetValue(runs), parsed.GetValue(seed) ?? (int)(at.ToUnixTimeSeconds() & int.MaxValue),
        text => Console.Error.WriteLine($"  {text}"));
    var report = new Report(Machine.Here(), run, at);
    var failed = false;
    foreach (var row in rows.Where(r => wanted.Length == 0 || wanted.Contains(r.Name)))
    {
        await Console.Error.WriteLineAsync($"{row.Name}: {row.About}").ConfigureAwait(false);
        try
        {
            report.Add(row.Name, await row.RunAsync(run, cancel).ConfigureAwait(false));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            failed = true;
            await Console.Error.WriteLineAsync(e.ToString()).ConfigureAwait(false);
            report.Add(row.Name, RowResult.DidNotRun(e.Message));
        }
    }

    report.Print(AnsiConsole.Console);
    if (parsed.GetValue(json) is { } file)
        await report.SaveAsync(file).ConfigureAwait(false);
    return failed ? 1 : 0;
});
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
