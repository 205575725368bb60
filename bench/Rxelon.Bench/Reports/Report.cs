using System.Globalization;
using System.Text.Json;
using Rxelon.Bench.Rows;
using Spectre.Console;

namespace Rxelon.Bench.Reports;

/// <summary>The figures of some rows on one machine: as a table for people and as JSON for comparing.</summary>
internal sealed class Report(Machine machine, BenchRun run, DateTimeOffset at)
{
    private const int Wide = 160;
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<(string Name, RowResult Result)> _rows = [];

    internal void Add(string name, RowResult result) => _rows.Add((name, result));

    internal void Print(IAnsiConsole console)
    {
        // Into a file or a pipe there is no width to fit.
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = Wide;
        console.WriteLine(machine.ToString());
        if (run.Quick)
            console.WriteLine("quick: these figures are not for quoting");
        var table = new Table().Border(TableBorder.Simple);
        foreach (var title in (string[])["row", "figure", "unit"])
            table.AddColumn(title);
        foreach (var title in (string[])["runs", "median", "p99", "target median", "target p99"])
            table.AddColumn(new TableColumn(title).RightAligned());
        table.AddColumn("verdict");
        foreach (var (name, result) in _rows)
        {
            foreach (var figure in result.Figures)
                table.AddRow([.. Cells(name, figure).Select(c => new Text(c))]);
        }

        console.Write(table);
        foreach (var (name, result) in _rows)
        {
            console.WriteLine($"{name}: {result.Verdict}");
            foreach (var note in result.Notes)
                console.WriteLine($"  {note}");
        }
    }

    internal async Task SaveAsync(string file)
    {
        var stream = File.Create(file);
        await using (stream.ConfigureAwait(false))
            await JsonSerializer.SerializeAsync(stream, Shape(), Indented).ConfigureAwait(false);
    }

    private static string[] Cells(string row, Figure figure) =>
    [
        row, figure.Name, figure.Unit, figure.Samples.Count.ToString(CultureInfo.InvariantCulture),
        Number(figure.At(0.5)), Number(figure.Tail), figure.Median?.ToString() ?? "", figure.P99?.ToString() ?? "",
        !figure.HasTarget ? "" : figure.Meets ? "PASS" : "short",
    ];

    private static string Number(double value)
        => value.ToString(Math.Abs(value) >= 1000 ? "#,0" : Math.Abs(value) >= 10 ? "0.0" : "0.000", CultureInfo.InvariantCulture);

    private object Shape() => new
    {
        at,
        machine,
        run.Quick,
        run.Seed,
        rows = _rows.Select(r => new
        {
            r.Name,
            r.Result.Verdict,
            figures = r.Result.Figures.Select(f => new
            {
                f.Name,
                f.Unit,
                runs = f.Samples.Count,
                median = f.At(0.5),
                p99 = f.Tail,
                targetMedian = f.Median?.ToString(),
                targetP99 = f.P99?.ToString(),
                f.Meets,
                f.Samples,
            }),
            r.Result.Notes,
        }),
    };
}
