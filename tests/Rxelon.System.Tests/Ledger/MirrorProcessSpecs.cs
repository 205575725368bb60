using System.Text;
using System.Text.Json;
using Rxelon.Drills;
using Rxelon.Shared.Ledger;

namespace Rxelon.System.Tests.Ledger;

/// <summary>A mirror and a follower as somebody outside runs them.</summary>
public sealed class MirrorProcessSpecs : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("rxelon-mirror-").FullName;
    private readonly TestLog _log = new();
    private readonly HttpClient _http = new();

    private string Copy => Path.Combine(_folder, "copy");

    public void Dispose()
    {
        _http.Dispose();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_mirror_serves_what_it_copied_and_goes_on_after_a_kill()
    {
        _log.Publish(300);
        await using (var mirror = await StartAsync(_log.Folder))
        {
            await StandsAtAsync(mirror, _log.Published);
            using var tile = await _http.GetAsync(new Uri(mirror.Url, "tile/0/000"));
            Assert.Equal(_log.Read("tile/0/000"), await tile.Content.ReadAsByteArrayAsync());
            Assert.Contains("immutable", tile.Headers.CacheControl?.ToString(), StringComparison.Ordinal);
            using var hidden = await _http.GetAsync(new Uri(mirror.Url, "follow/keys"));
            Assert.Equal(404, (int)hidden.StatusCode);
            _log.Publish(5_000);
            await mirror.KillAsync();
        }

        await using var again = await StartAsync(_log.Folder);
        await StandsAtAsync(again, _log.Published);
        _log.Publish(300);
        await StandsAtAsync(again, _log.Published);

        // A mirror of the mirror, over HTTP, has what the log has.
        var second = Path.Combine(_folder, "second");
        var run = await OutsideProcess.RunAsync(_folder, "mirror", again.Url.ToString(), second, "--key", _log.VKey.ToString(), "--once", "--json");
        Assert.True(run.Code == 0, run.ToString());
        Assert.Equal(_log.Size, JsonDocument.Parse(run.Out).RootElement.GetProperty("size").GetUInt64());
        foreach (var path in (string[])["checkpoint", "tile/0/003", "tile/entries/007", "payload/000"])
            Assert.Equal(_log.Read(path), File.ReadAllBytes(Path.Combine(second, path)));
        Assert.True(await again.StopAsync());
        Assert.Equal(0, await again.ExitAsync());
    }

    [Fact]
    public async Task A_mirror_ends_with_the_integrity_code_when_an_entry_was_altered()
    {
        _log.Publish(300).Spoil("tile/entries/000");
        var run = await OutsideProcess.RunAsync(_folder, "mirror", _log.Folder, Copy, "--key", _log.VKey.ToString(), "--once");
        Assert.True(run.Code == 5, run.ToString());
        Assert.Contains("Entry 255 ", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Copy, "checkpoint")));
    }

    [Fact]
    public async Task A_follower_pins_the_key_it_saw_first_and_ends_with_the_integrity_code_at_a_fork()
    {
        _log.Publish(20);
        _log.Write("log.json", Encoding.UTF8.GetBytes($$"""{ "origin": "{{TestLog.Origin}}", "keys": ["{{_log.VKey}}"] }"""));
        var first = await OutsideProcess.RunAsync(_folder, "ledger", "follow", "--url", _log.Folder, "--once");
        Assert.True(first.Code == 0, first.ToString());
        Assert.Contains("Trusted on first use", first.Error, StringComparison.Ordinal);
        Assert.Contains($"{TestLog.Origin} {_log.Size} {_log.Published.Root} first", first.Out, StringComparison.Ordinal);

        _log.Publish(20);
        var head = await OutsideProcess.RunAsync(_folder, "ledger", "head", "--url", _log.Folder, "--json");
        Assert.True(head.Code == 0, head.ToString());
        Assert.Equal("newer", JsonDocument.Parse(head.Out).RootElement.GetProperty("change").GetString());

        using var fork = _log.Fork(5, 100);
        foreach (var file in Directory.GetFiles(fork.Folder, "*", SearchOption.AllDirectories))
            _log.Write(Path.GetRelativePath(fork.Folder, file), File.ReadAllBytes(file));
        var forked = await OutsideProcess.RunAsync(_folder, "ledger", "follow", "--url", _log.Folder, "--interval", "1s", "--json");
        Assert.True(forked.Code == 5, forked.ToString());
        Assert.Equal("ledger-fork", JsonDocument.Parse(forked.Error).RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    private Task<OutsideProcess> StartAsync(string log)
        => OutsideProcess.StartAsync(_folder, "mirror", log, Copy, "--key", _log.VKey.ToString(), "--interval", "1s", "--serve", "http://127.0.0.1:0");

    private Task StandsAtAsync(OutsideProcess mirror, Checkpoint checkpoint)
        => Eventually.TrueAsync($"{checkpoint.Size} entries; {mirror.Output}", Patience, async () =>
        {
            using var answer = await _http.GetAsync(new Uri(mirror.Url, "checkpoint"));
            return answer.IsSuccessStatusCode && SignedNote.Parse(await answer.Content.ReadAsByteArrayAsync()).Value.Text == checkpoint.ToString();
        });
}
