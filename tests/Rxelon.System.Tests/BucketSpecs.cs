using System.Security.Cryptography;
using Rxelon.Drills;
using Rxelon.Shared.Ids;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>Tasks over a hub whose large blobs lie in an S3 store.</summary>
public sealed class BucketSpecs(BucketNetwork net) : IClassFixture<BucketNetwork>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Large_parts_and_results_go_straight_between_node_and_store()
    {
        var (module, input, output) = Prepare("straight", 3 << 20);

        await net.TaskAsync("run", "wasm", module, "--input", input, "--split", "bytes:1MiB", "--memory", "16MiB", "--disk", "4MiB", "--out", output);

        Assert.Equal(await File.ReadAllBytesAsync(input), await File.ReadAllBytesAsync(Path.Combine(output, "stdout")));
        var log = net.S3.Log;
        Assert.Contains("uploads/", string.Join('\n', log.Split('\n').Where(l => l.Contains("PUT", StringComparison.Ordinal) && l.Contains("X-Amz-Signature", StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.Contains("blobs/", string.Join('\n', log.Split('\n').Where(l => l.Contains("GET", StringComparison.Ordinal) && l.Contains("X-Amz-Signature", StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(net.Network.HubData, "blobs"), "*", SearchOption.AllDirectories));
        Assert.DoesNotContain("X-Amz-Signature", net.Network.Hub.Output + string.Concat(net.Nodes.Select(n => n.Process.Output)), StringComparison.Ordinal);
        var check = await net.CliAsync(RunningNetwork.User, "task", "check", output);
        Assert.True(check.Code == 0, check.ToString());
        net.AssertUp();
    }

    [Fact]
    public async Task A_store_that_goes_away_in_the_middle_of_a_task_and_comes_back_loses_nothing()
    {
        var (module, input, output) = Prepare("away", 2 << 20);
        var submitted = await net.TaskAsync("run", "wasm", module, "--input", input, "--split", "bytes:1MiB", "--memory", "16MiB", "--disk", "4MiB", "--detach");
        var task = TaskId.Parse(submitted.GetProperty("task").GetString()!);

        // Whatever the parts are doing just now: fetching, running, or sending.
        await net.S3.StopAsync();
        using var http = new HttpClient();
        var ready = await Eventually.SeeAsync("the hub not ready", Patience, async () =>
            await http.GetStringOrNullAsync(new Uri(net.Network.HubUrl, "health/ready")) is { } text && text.Contains("blob store", StringComparison.Ordinal) ? text : null);
        Assert.DoesNotContain(S3Server.Key, ready, StringComparison.Ordinal);
        await net.S3.StartAgainAsync();

        var ended = await Eventually.SeeAsync("the end", Patience, async () => (await net.Hub.TaskAsync(task)) is { IsOk: true } t && t.Value.Summary.EndedAt is not null ? t.Value : null);
        Assert.Equal("Completed", ended.Summary.Phase);
        await net.TaskAsync("task", "result", task.ToString(), "--out", output);
        Assert.Equal(await File.ReadAllBytesAsync(input), await File.ReadAllBytesAsync(Path.Combine(output, "stdout")));
        net.AssertUp();
    }

    private (string Module, string Input, string Output) Prepare(string name, int size)
    {
        var folder = Directory.CreateDirectory(Path.Combine(net.Network.Directory, name)).FullName;
        var input = Path.Combine(folder, "input");
        File.WriteAllBytes(input, RandomNumberGenerator.GetBytes(size));
        return (Wat.Module(folder, "copy", Wat.Copy), input, Path.Combine(folder, "out"));
    }
}

internal static class HealthReading
{
    /// <summary>The body of any answer; null when there is none.</summary>
    internal static async Task<string?> GetStringOrNullAsync(this HttpClient http, Uri url)
    {
        try
        {
            using var response = await http.GetAsync(url);
            return await response.Content.ReadAsStringAsync();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
