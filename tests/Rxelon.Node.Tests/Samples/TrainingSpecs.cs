using System.Text;
using Rxelon.Node.Tests.Wasm;

namespace Rxelon.Node.Tests.Samples;

/// <summary>Rounds as the network lays them out: needed results below /in/results, the last round's below /in/round.</summary>
public sealed class TrainingSpecs(WasmFixture wasm) : IClassFixture<WasmFixture>
{
    private static readonly string[] Table = File.ReadAllLines(Path.Combine(Sample.Folder, "ai-training", "penguins.csv"));

    private static readonly string[] About = [Table[0], "species", "Adelie,Chinstrap,Gentoo", "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"];

    private readonly Sample _sample = new(wasm, "ai-training", "train.wasm");

    [Fact]
    public async Task Rounds_over_four_parts_learn_what_the_page_tells_and_stop_by_themselves()
    {
        var (model, told) = await TrainAsync(4, 40);

        var verdict = await _sample.TextAsync(Sample.Input(("stdin", Text(Table)), ("in/final/out/model", model)), ["evaluate", .. About]);

        Assert.InRange(told.Count, 5, 39);
        Assert.Contains(told[^1], _sample.Page, StringComparison.Ordinal);
        Assert.Contains(verdict, _sample.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_split_and_any_order_of_the_rows_give_the_same_model()
    {
        var (model, _) = await TrainAsync(1, 4);

        Assert.Equal(model, (await TrainAsync(7, 4)).Model);
        Assert.Equal(model, (await TrainAsync(3, 4, reversed: true)).Model);
    }

    [Fact]
    public async Task Gradients_of_different_models_are_not_added()
    {
        var first = await GradientAsync(Table, null);
        var (model, _) = await TrainAsync(2, 2);
        var later = await GradientAsync(Table, model);

        var ran = await _sample.TryAsync(Results([first, later]), "reduce");

        Assert.Equal(65, ran.Result.Metering.ExitCode);
        Assert.Contains("is about another model than the parts before it", ran.Result.StderrTail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shard_without_rows_and_rows_with_gaps_do_no_harm()
    {
        var empty = await GradientAsync([], null);
        var gaps = await GradientAsync(["Adelie,Torgersen,,,,,", "Adelie,Torgersen,nan,inf,-inf,1e300,", .. Table], null);

        var told = await _sample.TextAsync(Results([empty, gaps]), "reduce");

        Assert.Equal("round 0: 277 rows to learn from, 65 kept out, 4 skipped, in 2 parts\n", told);
    }

    private async Task<(byte[] Model, List<string> Told)> TrainAsync(int parts, int most, bool reversed = false)
    {
        var rows = reversed ? Table.Reverse().ToArray() : Table;
        byte[]? model = null;
        List<string> told = [];
        for (var round = 0; round < most; round++)
        {
            List<string> outputs = [];
            foreach (var shard in rows.Chunk((rows.Length + parts - 1) / parts))
                outputs.Add(await GradientAsync(shard, model));
            var reduced = await _sample.RunAsync(Results(outputs), "reduce");
            told.Add(reduced.Files["stdout"]);
            model = Text(reduced.Files["out/model"]);
            if (reduced.Files.ContainsKey("out/stop"))
                break;
        }

        return (model!, told);
    }

    private Task<string> GradientAsync(string[] rows, byte[]? model)
    {
        List<(string, byte[])> files = [("stdin", Text(rows))];
        if (model is not null)
            files.Add(("in/round/out/model", model));
        return _sample.TextAsync(Sample.Input(files), ["gradient", .. About]);
    }

    private static byte[] Results(IEnumerable<string> outputs) => Sample.Input([.. outputs.Select((o, i) => ($"in/results/{i:000000}/stdout", Text(o)))]);

    private static byte[] Text(params string[] lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l.EndsWith('\n') ? l : l + "\n")));
}
