using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace Rxelon.Bench;

/// <summary>Gathers rows, prints them as a table under a line that names the machine, and writes them as JSON.</summary>
internal sealed class Report(bool quick)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly List<(string Row, Measurement Measured)> _measured = [];

    /// <summary>True when every measurement with a target holds it.</summary>
    internal bool AllHold => _measured.TrueForAll(m => m.Measured.Holds is not false);

    private static string Machine => string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} cores ({RuntimeInformation.ProcessArchitecture}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");

    internal void Add(IBenchRow row, IReadOnlyList<Measurement> measured)
        => _measured.AddRange(measured.Select(m => (row.Name, m)));

    internal void Print()
    {
        AnsiConsole.MarkupLineInterpolated($"[grey]{Machine}[/]{(quick ? " quick run: sizes are too small to compare" : "")}");
        var table = new Table().AddColumns("row", "what", "runs", "median", "p99", "unit", "target");
        foreach (var (row, m) in _measured)
        {
            table.AddRow(
                row, Markup.Escape(m.Name), m.Runs.Count.ToString(CultureInfo.InvariantCulture), Number(m.Median), Number(m.P99), Markup.Escape(m.Unit),
                m.Target is not { } target ? "" : $"{(m.Holds is true ? "[green]" : "[red]")}{(m.SmallerIsBetter ? "≤" : "≥")} {Number(target)}[/]");
        }

        AnsiConsole.Write(table);
    }

    internal async Task WriteAsync(FileInfo file, CancellationToken cancel)
    {
        await using var stream = file.Create();
        var rows = _measured.Select(m => new
        {
            m.Row, m.Measured.Name, m.Measured.Unit, m.Measured.Runs, m.Measured.Median, m.Measured.P99, m.Measured.Target, m.Measured.Holds,
        });
        await JsonSerializer.SerializeAsync(stream, new { Machine, Quick = quick, Rows = rows }, Json, cancel);
    }

    private static string Number(double value)
        => value.ToString(Math.Abs(value) >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture);
}
