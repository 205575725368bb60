using Rxelon.Drills;
using Rxelon.System.Tests.Networks;

namespace Rxelon.System.Tests;

/// <summary>The samples' pages, followed as a newcomer would: the task file, then the command behind it; what comes out is what the page shows.</summary>
[Collection(SharedNetwork.Name)]
public sealed class SampleSpecs(RunningNetwork net)
{
    private static readonly string Samples = Path.Combine(Repository.Root, "samples");

    [Fact]
    public async Task A_model_is_trained_in_rounds_and_evaluated_as_the_page_shows()
    {
        const string columns = "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex";
        var trained = await SubmitAsync("ai-training");
        var table = Path.Combine(Samples, "ai-training", "penguins.csv");

        await AssertShowsAsync(
            "ai-training", "is / taken for", "train.wasm", ["--input", table, "--input", trained],
            "evaluate", columns, "species", "Adelie,Chinstrap,Gentoo", "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g", "/in/penguins.csv");
    }

    [Fact]
    public async Task Options_are_priced_to_the_digits_of_the_page()
        => await AssertShowsAsync("monte-carlo", "400000 paths", "montecarlo.wasm", ["--input", await SubmitAsync("monte-carlo")], "merge");

    [Fact]
    public async Task A_chain_is_found_valid_as_the_page_shows()
        => await AssertShowsAsync("blockchain-validation", "blocks     16", "blockchain.wasm", ["--input", await SubmitAsync("blockchain-validation")], "merge");

    private async Task<string> SubmitAsync(string sample)
    {
        var output = Folder(sample);
        await net.TaskAsync("submit", "-f", Path.Combine(Samples, sample, "task.yaml"), "--out", output);
        return output;
    }

    /// <summary>Runs the sample's module and compares its standard output with the fenced block of its page that begins so.</summary>
    private async Task AssertShowsAsync(string sample, string begins, string module, string[] inputs, params string[] arguments)
    {
        var page = (await File.ReadAllTextAsync(Path.Combine(Samples, sample, "README.md"))).Split("```\n");
        var shown = Assert.Single(page, block => block.StartsWith(begins, StringComparison.Ordinal));
        var output = Folder($"{sample}-shown");

        await net.TaskAsync(["run", "wasm", Path.Combine(Samples, sample, module), .. inputs, "--out", output, "--", .. arguments]);

        Assert.Equal(Lines(shown), Lines(await File.ReadAllTextAsync(Path.Combine(output, "stdout"))));
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0)];

    private string Folder(string name) => Path.Combine(net.Network.Directory, name);
}
