using System.Globalization;
using System.Text;
using Rxelon.Node.Tests.Wasm;

namespace Rxelon.Node.Tests.Samples;

public sealed class GroupBySpecs(WasmFixture wasm) : IClassFixture<WasmFixture>
{
    private const string Columns = "region,kind,amount";
    private const int Rows = 40_000;

    private readonly Sample _sample = new(wasm, "data-analysis", "groupby.wasm");

    [Fact]
    public async Task The_page_tells_what_a_table_of_penguins_gives()
    {
        var table = File.ReadAllText(Path.Combine(Sample.Folder, "ai-training", "penguins.csv"));
        var part = await _sample.TextAsync(Sample.Stdin(Encoding.UTF8.GetBytes(table)), "part", "--by", "species,sex", "--of", "body_mass_g,bill_length_mm");

        var report = await _sample.TextAsync(Sample.Results([part]), "merge", "--sort", "mean");

        Assert.Contains(report, _sample.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tens_of_thousands_of_rows_give_the_same_table_in_1_7_or_40_parts_and_it_is_right()
    {
        var rows = Table();

        var (whole, csv) = await GroupAsync(rows, 1);
        var (seven, csvOfSeven) = await GroupAsync(rows, 7);
        var (forty, csvOfForty) = await GroupAsync(rows, 40);

        Assert.StartsWith($"{Rows} rows in 1 parts, 12 groups\n", whole, StringComparison.Ordinal);
        Assert.Equal(whole, seven.Replace("in 7 parts", "in 1 parts", StringComparison.Ordinal));
        Assert.Equal(whole, forty.Replace("in 40 parts", "in 1 parts", StringComparison.Ordinal));
        Assert.Equal(csv, csvOfSeven);
        Assert.Equal(csv, csvOfForty);
        var amounts = rows.Where(r => r.StartsWith("\"south, east\",c,", StringComparison.Ordinal)).Select(r => decimal.Parse(r.Split(',')[^1], CultureInfo.InvariantCulture)).ToArray();
        var line = csv.Split('\n').Single(l => l.StartsWith("\"south, east / c\",", StringComparison.Ordinal));
        Assert.Equal(Expected(amounts), line["\"south, east / c\",".Length..]);
    }

    [Fact]
    public async Task A_sum_is_exact_where_floating_point_is_not()
    {
        // In doubles, a tenth added to 9,999,999,999 ten thousand times drifts, and the order matters.
        var rows = Enumerable.Repeat("a,b,0.1", 10_000).Append("a,b,9999999999").Append("a,b,-9999999999").ToArray();

        Assert.EndsWith(",1000000000e-6\n", (await GroupAsync(rows, 3)).Csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gaps_are_counted_and_rows_of_another_shape_are_refused()
    {
        var (report, _) = await GroupAsync(["a,x,1", "a,x,", "a,x,none", "a,x,3"], 2);
        var ran = await _sample.TryAsync(Sample.Stdin("a,x\n"u8.ToArray()), "part", "--by", "region", "--columns", Columns);

        Assert.Contains("without a number for amount: 2\n", report, StringComparison.Ordinal);
        Assert.Equal(65, ran.Result.Metering.ExitCode);
        Assert.Contains("row 1 of this part has 2 fields, not 3", ran.Result.StderrTail, StringComparison.Ordinal);
    }

    private static string[] Table()
    {
        string[] regions = ["north", "\"south, east\"", "\"the \"\"west\"\"\"", "x"], kinds = ["a", "b", "c"];
        var random = new Random(7);
        return [.. Enumerable.Range(0, Rows).Select(_ => string.Create(
            CultureInfo.InvariantCulture, $"{regions[random.Next(4)]},{kinds[random.Next(3)]},{random.Next(-500_000_000, 900_000_000) / 1000m:0.000}"))];
    }

    private static string Expected(decimal[] amounts)
    {
        var mean = amounts.Average();
        var deviation = Math.Sqrt((double)(amounts.Sum(a => (a - mean) * (a - mean)) / (amounts.Length - 1)));
        return string.Create(
            CultureInfo.InvariantCulture, $"{amounts.Length},\"amount\",{amounts.Length},0,{mean:0.000000},{deviation:0.000000},{amounts.Min():0.000000},{amounts.Max():0.000000},{amounts.Sum() * 1_000_000m:0}e-6");
    }

    private async Task<(string Report, string Csv)> GroupAsync(string[] rows, int parts)
    {
        // The header goes to the first part only, as `split: lines` cuts it.
        string[] lines = [Columns, .. rows];
        List<string> outputs = [];
        foreach (var chunk in lines.Chunk((lines.Length + parts - 1) / parts))
            outputs.Add(await _sample.TextAsync(Sample.Stdin(Encoding.UTF8.GetBytes(string.Join('\n', chunk) + "\n")), "part", "--by", "region,kind", "--of", "amount", "--columns", Columns));
        Assert.Equal(parts, outputs.Count);
        var merged = await _sample.RunAsync(Sample.Results(outputs), "merge", "--sort", "key");
        return (merged.Files["stdout"], merged.Files["out/groups.csv"]);
    }
}
