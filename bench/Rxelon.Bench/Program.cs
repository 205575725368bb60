using System.CommandLine;
using Rxelon.Bench;
using Rxelon.Bench.Rows;

var rows = new IBenchRow[] { new JournalRow(), new ControlPlaneRow(), new HotStateRow(), new MatcherRow() };
var names = new Argument<string[]>("row") { Description = "Rows to measure; none measures all.", Arity = ArgumentArity.ZeroOrMore };
names.AcceptOnlyFromAmong([.. rows.Select(r => r.Name)]);
var quick = new Option<bool>("--quick") { Description = "Small sizes and few runs: checks that the row works, not how fast." };
var json = new Option<FileInfo?>("--json") { Description = "Also write the results to this file." };
var root = new RootCommand("Measures the hub. Run it in Release, alone on the machine.") { names, quick, json };
root.SetAction(async (parsed, cancel) =>
{
    var chosen = parsed.GetValue(names) is { Length: > 0 } some ? rows.Where(r => some.Contains(r.Name)).ToArray() : rows;
    var report = new Report(parsed.GetValue(quick));
    foreach (var row in chosen)
        report.Add(row, await row.RunAsync(parsed.GetValue(quick)));
    report.Print();
    if (parsed.GetValue(json) is { } file)
        await report.WriteAsync(file, cancel);
    return report.AllHold || parsed.GetValue(quick) ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
