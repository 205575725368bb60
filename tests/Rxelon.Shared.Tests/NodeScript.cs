using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Rxelon.Shared.Tests;

/// <summary>Runs a script of tests/interop with Node.js: one JSON file in, one out.</summary>
internal static class NodeScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    internal static async Task<TOut> RunAsync<TIn, TOut>(string script, TIn ours)
    {
        var folder = Repository.PathTo("tests", "interop");
        Assert.True(
            Directory.Exists(Path.Combine(folder, "node_modules")),
            "tests/interop has no node_modules: run ./rx test, which installs what its package-lock.json lists (npm ci).");
        var work = Directory.CreateTempSubdirectory("rx-interop-");
        try
        {
            var (input, output) = (Path.Combine(work.FullName, "ours.json"), Path.Combine(work.FullName, "theirs.json"));
            await File.WriteAllTextAsync(input, JsonSerializer.Serialize(ours, JsonSerializerOptions.Web));
            await RunAsync(Path.Combine(folder, script), input, output);
            return JsonSerializer.Deserialize<TOut>(await File.ReadAllTextAsync(output), JsonSerializerOptions.Web)!;
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static async Task RunAsync(string script, string input, string output)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var node = Process.Start(new ProcessStartInfo("node", [script, input, output])
        {
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        })!;
        try
        {
            var errors = await node.StandardError.ReadToEndAsync(deadline.Token);
            await node.WaitForExitAsync(deadline.Token);
            Assert.True(node.ExitCode == 0, $"{Path.GetFileName(script)} says: {errors}");
        }
        finally
        {
            if (!node.HasExited)
                node.Kill(entireProcessTree: true);
        }
    }
}
